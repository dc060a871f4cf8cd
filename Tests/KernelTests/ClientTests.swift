// The kernel by a client of Jupyter's own library: kernel.json, sockets, compiler, evaluator, all
// real. The library comes from PyPI once, into the folder of tools for tests.

import Foundation
import SwoopLaunching
import TestPrograms
import Testing

enum Jupyter {
    private static let folder = "/var/cache/swoop-tests/jupyter"

    /// An interpreter of Python that has Jupyter's client; made where it is missing and can be
    /// made.
    static let python: String? = {
        let named = ProcessInfo.processInfo.environment["SWOOP_JUPYTER"]
        for path in [named, folder + "/bin/python"].compactMap({ $0 }) where works(path) {
            return path
        }
        install("jupyter_client nbclient nbformat nbconvert jupyter_kernel_test")
        return works(folder + "/bin/python") ? folder + "/bin/python" : nil
    }()

    /// Puts packages of PyPI into the folder, where they can be had.
    private static func install(_ packages: String) {
        let script = """
            command -v python3 && mkdir -p \(folder) &&
            { [ -x \(folder)/bin/python ] || python3 -m venv \(folder); } &&
            timeout 400 \(folder)/bin/python -m pip install -q --retries 1 \(packages)
            """
        _ = try? ended("/bin/sh", ["-c", script])
    }

    private static func works(
        _ path: String, _ modules: String = "jupyter_client, jupyter_kernel_test, nbclient"
    ) -> Bool {
        (try? ended(path, ["-c", "import \(modules)"]))?.status == 0
    }

    /// Why nobody can look at JupyterLab and at the console here; nil: they can be looked at.
    static let labObstacle: String? = {
        guard let python else { return "Jupyter's client cannot be had from PyPI with python3" }
        for program in ["chromium", "tmux"]
        where (try? ended("/bin/sh", ["-c", "command -v \(program)"]))?.status != 0 {
            return
                "there is no \(program): `apt-get install \(program)`, which `make test` does as "
                + "root"
        }
        let modules = "jupyterlab, jupyter_console, websocket"
        if !works(python, modules), python == folder + "/bin/python" {
            install("jupyterlab jupyter-console websocket-client")
        }
        return works(python, modules)
            ? nil : "jupyterlab, jupyter-console and websocket-client cannot be had from PyPI"
    }()

    /// Tells a Jupyter of its own in the folder of the kernel; the environment that finds it.
    static func install(in folder: TestFolder) throws -> [String: String] {
        let tool = try #require(ProgramRun.path(of: "swoop"))
        let environment = folder.environment.merging(["JUPYTER_DATA_DIR": folder.path]) { $1 }
        let installed = try ended(tool, ["kernel", "install", "--user"], environment: environment)
        try #require(installed.status == 0, "\(installed.output)")
        return environment
    }

    /// The scenes of the client.
    static let script =
        URL(filePath: #filePath).deletingLastPathComponent().path() + "client.py"

    /// The scenes of what a person sees.
    static let labScript =
        URL(filePath: #filePath).deletingLastPathComponent().path() + "lab.py"

    static func ended(
        _ program: String, _ arguments: [String], environment: [String: String] = [:]
    ) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}

@Suite(
    .serialized,
    .enabled(if: Jupyter.python != nil, "Jupyter's client cannot be had from PyPI with python3"))
struct ClientTests {
    @Test(arguments: [
        "cells", "redefinitions", "compiler_errors", "runtime_errors", "traps", "no_memory",
        "interrupts",
        "output", "input", "late_client", "many_cells", "remote_functions", "remote_variables",
        "learned",
        "live_cores", "shown_values", "plots", "completion", "first_completion", "no_sourcekit",
        "packages",
        "no_cluster", "protocol",
    ])
    func aClientOfJupyterSees(scene: String) throws {
        let python = try #require(Jupyter.python)
        let folder = try TestFolder()
        let environment = try Jupyter.install(in: folder)
            .merging(["SCENE_PROGRAM": ProgramRun.programPath ?? ""]) { $1 }
        let done = try Jupyter.ended(python, [Jupyter.script, scene], environment: environment)
        #expect(done.status == 0, "\(done.output.suffix(6_000))")
    }

    @Test func withoutSwiftTheInstallationSaysWhatIsMissing() throws {
        let tool = try #require(ProgramRun.path(of: "swoop"))
        let folder = try TestFolder()
        let done = try Jupyter.ended(
            tool, ["kernel", "install", "--prefix", folder.path],
            environment: ["PATH": "/nowhere", "SWOOP_SWIFT": ""])
        #expect(done.status == 1)
        #expect(done.output.contains("no Swift compiler was found on PATH"), "\(done.output)")
    }
}

// The user at this machine, as tests play one: a runtime folder of its own, the tool, and programs
// that run on what it brought up; and somebody who listens and never answers.

import Glibc
import SwoopLaunching
import SwoopTransport
import TestHosts
import TestPrograms
import Testing

/// A user's place for one test; everything that it started and wrote is gone with it.
final class UserDesk {
    let folder: TestFolder
    /// What `ssh` is told by, and so the tool.
    let configuration: String

    /// A command that has ended.
    struct Ended {
        var status: Int32
        var output: String
        var errors: String
        var seconds: Double
    }

    init(_ lab: Lab, configuration: String? = nil) throws {
        folder = try TestFolder()
        self.configuration = configuration ?? lab.configurationPath
    }

    deinit {
        for pid in folder.processes { _ = kill(pid, SIGKILL) }
        _ = try? folder.processes(leftAfter: 5)
    }

    /// Starts the tool.
    func start(_ arguments: [String], environment: [String: String] = [:]) throws -> ProgramRun {
        try run(arguments, program: try tool, environment: environment)
    }

    /// Runs the tool to its end.
    @discardableResult
    func swoop(_ arguments: String..., within seconds: Int64 = 60) throws -> Ended {
        try ended(try start(arguments), within: seconds)
    }

    /// Runs the tool at a terminal; what it wrote there is the output.
    func swoopAtTerminal(_ arguments: String..., within seconds: Int64 = 60) throws -> Ended {
        let words = ([try tool] + arguments).map { "'\($0)'" }.joined(separator: " ")
        let run = try run(["-qefc", words, "/dev/null"], program: "/usr/bin/script")
        return try ended(run, within: seconds)
    }

    /// Starts a program, SwoopTestProgram unless told, on the cluster that stands.
    func run(
        _ arguments: [String], program: String? = nil, environment: [String: String] = [:]
    ) throws -> ProgramRun {
        try ProgramRun(
            arguments, in: folder, program: program,
            environment: ["SWOOP_SSH_CONFIG": configuration, "SWOOP_CONNECT": "standing"]
                .merging(environment) { $1 })
    }

    /// Runs a job over what stands; the values that it told.
    func job(_ tasks: Int, _ milliseconds: Int = 2, program: String? = nil) throws
        -> [String: String]
    {
        let run = try run(["job", "environment", "\(tasks)", "\(milliseconds)"], program: program)
        #expect(try run.end() == .exited(0), "\(run.output)\(run.errors)")
        return run.values
    }

    /// Waits until it has ended.
    func ended(_ run: ProgramRun, within seconds: Int64 = 60) throws -> Ended {
        let began = MonotonicClock.nanoseconds()
        let status =
            switch try run.end(within: seconds) {
            case .exited(let code): code
            case .signalled(let signal): -signal
            }
        return Ended(
            status: status, output: run.output, errors: run.errors,
            seconds: Double(MonotonicClock.nanoseconds() - began) / 1e9)
    }

    /// Processes of this user's, after what ends had two seconds to do so.
    var processesLeft: [Int32] { (try? folder.processes(leftAfter: 2)) ?? [] }

    private var tool: String {
        get throws { try #require(ProgramRun.path(of: "swoop")) }
    }
}

extension LabHost {
    /// Processes of ours that are left after four seconds: a quarter of what an agent waits for a
    /// coordinator that it lost.
    var processesLeft: [String] {
        _ = try? holds(within: 4) { processes().isEmpty }
        return processes().map(\.command)
    }

    /// Programs of the user's cache.
    func programs(in folder: String = "/home/worker/.cache/swoop") -> [String] {
        entries("programs", in: folder)
    }

    /// Files of the user's cache.
    func cachedFiles(in folder: String = "/home/worker/.cache/swoop") -> [String] {
        entries("files", in: folder)
    }

    /// What is on its way into the cache.
    func incoming(in folder: String = "/home/worker/.cache/swoop") -> [String] {
        entries("incoming", in: folder)
    }

    private func entries(_ part: String, in folder: String) -> [String] {
        files(under: "\(folder)/\(part)").map {
            String($0.dropFirst(folder.count + part.count + 2))
        }
        .filter { !$0.contains("/") }
    }
}

/// Writes a file.
func write(_ text: String, to path: String, mode: mode_t = 0o600) throws {
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    try #require(file >= 0)
    defer { close(file) }
    let bytes = Array(text.utf8)
    try #require(unsafe Glibc.write(file, bytes, bytes.count) == bytes.count)
}

/// A port of this machine that is listened on, where nobody ever says anything.
final class SilentListener {
    private let descriptor: Int32
    let port: Int

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, size) == 0 && listen(descriptor, 8) == 0
                    && getsockname(descriptor, $0, &size) == 0
            }
        }
        port = Int(in_port_t(bigEndian: address.sin_port))
        try #require(isBound)
    }

    deinit { close(descriptor) }
}

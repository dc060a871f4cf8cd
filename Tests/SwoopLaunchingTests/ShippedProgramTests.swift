// A real program that runs from its bundle: with an empty environment, and where nothing else is.

import Glibc
import SwoopLaunching
import SwoopModel
import TestPrograms
import Testing

/// What the probe must say of itself wherever its bundle is.
private func expectProbe(_ result: CommandResult, folder: String) {
    let id = folder.split(separator: "/").last.map(String.init) ?? ""
    #expect(result.status == .exited(0), "\(result)")
    #expect(result.line("arguments") == "probe,two words,deeper", "\(result)")
    #expect(result.line("program") == id)
    #expect(result.line("folder") == folder)
    #expect(result.line("kept") == id)
    #expect(result.line("environment")?.isEmpty != false)
    #expect(result.line("bundle") == "\(id) true")
    // Its child runs from the bundle as well, with arguments of its own.
    #expect(result.line("child") == "exited(0)")
    #expect(result.output.contains("arguments child,of bundle"))
    #expect(result.error.isEmpty)
}

@Suite struct ShippedProgramTests {
    @Test func aProgramRunsFromItsBundleWithAnEmptyEnvironment() throws {
        let home = try TestFolder()
        let folder = try placeProbe(home)
        let command = ShippedProgram.command(
            folder: folder, arguments: ["probe", "two words", "deeper"])
        #expect(command.path == "\(folder)/loader")
        let start = ["-i", "SWOOP_ROLE=bundle-tell", "SWOOP_BUNDLE=\(folder)", command.path]
        let result = try run(
            LaunchRequest(program: "/usr/bin/env", arguments: start + command.arguments.dropFirst())
        )
        expectProbe(result, folder: folder)
    }

    @Test func `a bundle lacks no symbol, looked at as a whole before the program starts`() throws {
        let home = try TestFolder()
        let folder = try placeProbe(home)
        let command = ShippedProgram.command(folder: folder, arguments: ["probe", "a", "b"])
        let start = [
            "-i", "LD_BIND_NOW=1", "SWOOP_ROLE=bundle-tell", "SWOOP_BUNDLE=\(folder)", command.path,
        ]
        let result = try run(
            LaunchRequest(program: "/usr/bin/env", arguments: start + command.arguments.dropFirst())
        )
        #expect(result.status == .exited(0), "\(result)")
        #expect(result.error.isEmpty, "\(result)")
    }

    @Test func aRequestForABundleStartsIt() throws {
        let home = try TestFolder()
        let folder = try placeProbe(home)
        var request = LaunchRequest(role: "bundle-tell", bundle: folder)
        request.arguments = ["probe", "two words", "deeper"]
        expectProbe(try run(request), folder: folder)
        // `ps` shows the program's name first.
        request.role = "sleeper"
        request.arguments = ["a name"]
        let child = try ChildProcess(starting: request)
        defer { child.endUnlessReaped() }
        let line = try run("/bin/ps", "-o", "args=", "-p", "\(child.pid)").output
        child.endNow()
        #expect(line.hasPrefix("a name --library-path \(folder)"))
    }

    @Test(.enabled(if: canMakeRoots, "only root can give a process another root"))
    func aProgramRunsWhereNothingElseIs() throws {
        let root = try TestFolder()
        let placed = try placeProbe(root)
        let folder = String(placed.dropFirst(root.path.utf8.count))
        let command = ShippedProgram.command(
            folder: folder, arguments: ["probe", "two words", "deeper"], hasLoader: true)
        let words = command.arguments.dropFirst().map { "'\($0)'" }.joined(separator: " ")
        // Mounts of a namespace of its own, which end with it.
        let script = """
            set -e
            cd '\(root.path)'
            mkdir proc dev
            mount --bind /proc proc
            touch dev/null
            mount --bind /dev/null dev/null
            SWOOP_ROLE=bundle-tell SWOOP_BUNDLE='\(folder)' \
            exec env -u LD_LIBRARY_PATH chroot . '\(command.path)' \(words)
            """
        let result = try run("/usr/bin/unshare", "--mount", "/bin/sh", "-c", script)
        expectProbe(result, folder: folder)
        #expect(try listing(root.path) == ["cache", "dev", "proc", "state"])
    }
}

private let canMakeRoots: Bool = {
    guard geteuid() == 0 else { return false }
    return (try? run("/usr/bin/unshare", "--mount", "/bin/true"))?.status == .exited(0)
}()

// A program of this machine, run for its answer: OpenSSH's own client, asked for its configuration.

import Glibc
import SwoopLaunching
import SwoopTransport

/// What a program answered.
struct ProgramRun {
    var output: [UInt8]
    var errorOutput: [UInt8]
    var status: ExitStatus

    /// Runs a program to its end, within the step's time; it and what it started are killed then.
    init(_ path: String, _ arguments: [String], wait: HostWait) throws(HostError) {
        var request = LaunchRequest(program: path, arguments: arguments)
        request.output = .piped
        let child: ChildProcess
        do throws(LaunchError) {
            child = try ChildProcess(starting: request)
        } catch {
            throw wait.error("\(error)")
        }
        defer { child.endNow() }
        (output, errorOutput) = ([], [])
        while true {
            let open = [child.standardOutput, child.standardError].compactMap { pipe in
                pipe.flatMap { $0.isEnded ? nil : $0 }
            }
            if open.isEmpty { break }
            var items = open.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
            guard try wait.wait(for: &items, atMost: .max) else {
                throw wait.error("\(path) did not answer in time.")
            }
            output += child.standardOutput?.read() ?? []
            errorOutput += child.standardError?.read() ?? []
        }
        _ = try wait.wait(for: child.exitDescriptor, POLLIN)
        status = child.reap() ?? .exited(-1)
    }

    /// Where a program is, by PATH; nil when there is none.
    static func find(_ name: String) -> String? {
        let path = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? "/usr/bin:/bin"
        for folder in path.split(separator: ":") {
            let candidate = "\(folder)/\(name)"
            if unsafe access(candidate, X_OK) == 0 { return candidate }
        }
        return nil
    }
}

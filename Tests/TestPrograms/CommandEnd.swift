// A command of this machine, run to its end. Foundation's Process is not used for it: where many
// run at once, one could be asked for its status before Foundation had noticed its end: a trap.

import Glibc
import SwoopLaunching
import SwoopTransport

/// How a command ended, and what it said.
package struct CommandEnd {
    /// What it left with; 128 and the signal where one ended it.
    package let status: Int32
    /// What it wrote to its standard output.
    package let output: String

    /// Runs a command in a folder, found by PATH, and waits for its end.
    ///
    /// - Parameter environment: all of its environment; nil: this process's.
    package init(
        of command: [String], in folder: String, environment: [String: String]? = nil,
        within seconds: Int64 = 900
    ) throws {
        let variables = environment.map { ["-i"] + $0.map { "\($0)=\($1)" } } ?? []
        var request = LaunchRequest(
            program: "/usr/bin/env", arguments: ["-C", folder] + variables + command)
        request.output = .piped
        let child = try ChildProcess(starting: request)
        defer { child.endUnlessReaped() }
        let pipes = [child.standardOutput, child.standardError].compactMap { $0 }
        var poll = PollLoop()
        for pipe in pipes { _ = poll.watch(descriptor: pipe.descriptor) }
        _ = poll.watch(descriptor: child.exitDescriptor)
        let limit = MonotonicClock.nanoseconds() + seconds * 1_000_000_000
        var said: [UInt8] = []
        while true {
            // Before the pipes are read, so that nothing is said after.
            let end = child.reap()
            while let more = child.standardOutput?.read(), !more.isEmpty { said += more }
            while let more = child.standardError?.read(), !more.isEmpty {}
            if let end {
                status =
                    switch end {
                    case .exited(let code): code
                    case .signalled(let signal): 128 + signal
                    }
                break
            }
            guard MonotonicClock.nanoseconds() < limit else {
                throw ProgramRun.Problem.silent(
                    waitedFor: "the end of \(command)", said: String(decoding: said, as: UTF8.self))
            }
            try poll.wait(until: min(limit, MonotonicClock.nanoseconds() + 5_000_000))
        }
        output = String(decoding: said, as: UTF8.self)
    }
}

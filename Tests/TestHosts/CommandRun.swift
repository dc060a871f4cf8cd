// Commands of the machine, run to their end and read.

import Glibc
import SwoopLaunching
import SwoopTransport

/// What a command left behind.
package struct CommandResult: Sendable {
    /// What it returned; the number of the signal that it died of, below zero.
    package let code: Int32
    /// What it printed.
    package let output: String
    /// What it printed on its standard error.
    package let errors: String

    /// It returned 0.
    package var isSuccess: Bool { code == 0 }
}

/// Where the commands are that hosts are made with.
private let searchPath = "/usr/sbin:/usr/bin:/sbin:/bin"

/// Runs a shell script of this machine; `arguments` are its `$1`, `$2`, …
package func runScript(
    _ script: String, _ arguments: [String] = [], named name: String, within seconds: Int64 = 60
) throws -> CommandResult {
    let run = try ScriptRun(script, arguments, named: name)
    return try run.end(within: seconds)
}

/// The same, for scripts that must succeed; answers with what it printed.
@discardableResult
func runSuccessfully(
    _ script: String, _ arguments: [String] = [], named name: String, within seconds: Int64 = 60
) throws -> String {
    let result = try runScript(script, arguments, named: name, within: seconds)
    guard result.isSuccess else {
        throw LabError.failed(name, words: "\(result.output)\(result.errors)(\(result.code))")
    }
    return result.output
}

/// A shell script of this machine that is running; with the last reference it is killed.
///
/// Used by one thread at a time.
package final class ScriptRun {
    let name: String
    private let process: ChildProcess
    private var poll = PollLoop()
    private var output = ""
    /// How many lines of the output `line` has handed out or passed over.
    private var linesRead = 0
    private var errors = ""

    /// Starts it; the descriptors are 3, 4, … of the script, in the order of their names.
    ///
    /// One that ends by itself with this process has the time to tidy up.
    package init(
        _ script: String, _ arguments: [String] = [], named name: String,
        descriptors: [String: Int32] = [:], endsByItself: Bool = false
    ) throws {
        self.name = name
        var request = LaunchRequest(
            program: "/bin/sh", arguments: ["-c", script, name] + arguments)
        request.output = .piped
        request.environment["PATH"] = searchPath
        request.environment["LC_ALL"] = "C"
        request.descriptors = descriptors
        if endsByItself { request.deathSignal = 0 }
        process = try ChildProcess(starting: request)
        for pipe in [process.standardOutput, process.standardError] {
            if let pipe { _ = poll.watch(descriptor: pipe.descriptor) }
        }
        _ = poll.watch(descriptor: process.exitDescriptor)
    }

    deinit { if process.reap() == nil { process.endNow() } }

    /// True until it has ended.
    package var isRunning: Bool { process.reap() == nil }

    /// Kills it and all that it started, and waits for its end.
    package func stop() {
        process.endNow()
    }

    /// Sends it a signal.
    package func send(_ signal: Int32) {
        process.kill(signal)
    }

    /// Reads until it has printed one more line, with this text in it; answers with the line.
    package func line(containing text: String = "", within seconds: Int64) throws -> String {
        var found = ""
        try readUntil("a line with \"\(text)\"", within: seconds) { run in
            // What follows the last end of a line is none yet.
            let lines = run.output.split(separator: "\n", omittingEmptySubsequences: false)
                .dropLast().dropFirst(run.linesRead)
            guard let place = lines.firstIndex(where: { text.isEmpty || $0.contains(text) }) else {
                return false
            }
            run.linesRead = place + 1
            found = String(lines[place])
            return true
        }
        return found
    }

    /// Reads until it has ended.
    package func end(within seconds: Int64) throws -> CommandResult {
        try readUntil("its end", within: seconds) { !$0.isRunning }
        read()
        let code: Int32 =
            switch process.status {
            case .exited(let code): code
            case .signalled(let signal): -signal
            case nil: -1
            }
        return CommandResult(code: code, output: output, errors: errors)
    }

    private func readUntil(
        _ what: String, within seconds: Int64, _ isDone: (ScriptRun) -> Bool
    ) throws {
        let limit = MonotonicClock.nanoseconds() + seconds * 1_000_000_000
        while !isDone(self) {
            guard MonotonicClock.nanoseconds() < limit else {
                process.endNow()
                throw LabError.late("\(name): \(what)", words: output + errors)
            }
            guard isRunning else {
                read()
                if isDone(self) { return }
                throw LabError.failed(name, words: output + errors)
            }
            // Pipes stay readable once they have ended: then only its exit is waited for.
            let isOver = process.standardOutput?.isEnded ?? true
            let soon = MonotonicClock.nanoseconds() + 2_000_000
            try poll.wait(until: isOver ? soon : limit)
            read()
        }
    }

    private func read() {
        var isMore = true
        while isMore {
            let out = process.standardOutput?.read() ?? []
            let err = process.standardError?.read() ?? []
            output += String(decoding: out, as: UTF8.self)
            errors += String(decoding: err, as: UTF8.self)
            isMore = !out.isEmpty || !err.isEmpty
        }
    }
}

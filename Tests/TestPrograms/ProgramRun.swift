// A run of a program of this package in a process of its own: started in a runtime folder of its
// own, read until it says something or ends, never waited for without a limit.

import Glibc
package import SwoopLaunching
import SwoopTransport

/// A started program with everything that it said so far.
///
/// Used by one thread at a time.
package final class ProgramRun {
    /// What went wrong with the test itself.
    package enum Problem: Error {
        case noProgram(String)
        case noFolder(Int32)
        case silent(waitedFor: String, said: String)
    }

    /// Seconds that anything may take: generous, since the machine may be busy with other things.
    package static let patience: Int64 = 60

    package let process: ChildProcess
    package let folder: TestFolder
    package private(set) var output = ""
    package private(set) var errors = ""
    private var poll = PollLoop()

    /// Starts a program with arguments: `SwoopTestProgram` unless another is named by its path.
    ///
    /// Its runtime folder and what it keeps are the folder's.
    package init(
        _ arguments: [String], in folder: TestFolder, program: String? = nil,
        environment: [String: String] = [:]
    ) throws {
        guard let path = program ?? Self.programPath else {
            throw Problem.noProgram("SwoopTestProgram")
        }
        var request = LaunchRequest(program: path, arguments: arguments)
        request.output = .piped
        request.environment = folder.environment.merging(environment) { $1 }
        process = try ChildProcess(starting: request)
        self.folder = folder
        for descriptor in [process.standardOutput, process.standardError].compactMap({
            $0?.descriptor
        }) {
            _ = poll.watch(descriptor: descriptor)
        }
        _ = poll.watch(descriptor: process.exitDescriptor)
    }

    deinit { process.endUnlessReaped() }

    /// `SwoopTestProgram`, as `path(of:)` finds it.
    package static let programPath: String? = path(of: "SwoopTestProgram")

    /// A program that was built beside the tests, which may run inside a helper of the toolchain's.
    package static func path(of name: String) -> String? {
        var path = [UInt8](repeating: 0, count: 4_096)
        let length = unsafe readlink("/proc/self/exe", &path, path.count)
        let own = String(decoding: path.prefix(max(0, length)), as: UTF8.self)
        for candidate in [own] + CommandLine.arguments {
            guard let slash = candidate.lastIndex(of: "/") else { continue }
            let program = "\(candidate[..<slash])/\(name)"
            if unsafe access(program, X_OK) == 0 { return program }
        }
        return nil
    }

    /// Reads on until the output has a value of this name; answers with it.
    package func value(of name: String, within seconds: Int64 = patience) throws -> String {
        try read(until: "\(name) = …", within: seconds) { $0.values[name] != nil }
        return values[name] ?? ""
    }

    /// Reads until the program has ended; answers with how.
    @discardableResult
    package func end(within seconds: Int64 = patience) throws -> SwoopLaunching.ExitStatus {
        try read(until: "the end", within: seconds) { $0.process.reap() != nil }
        read()
        return process.status ?? .exited(-1)
    }

    /// The values that it told, by name.
    package var values: [String: String] {
        var values: [String: String] = [:]
        for line in output.split(whereSeparator: \.isNewline) {
            // Without the library of regular expressions: programs of tests travel without it too.
            let sign = " = "
            guard let place = line.indices.first(where: { line[$0...].hasPrefix(sign) }) else {
                continue
            }
            values[String(line[..<place])] = String(line[place...].dropFirst(sign.count))
        }
        return values
    }

    /// Reads on until something is so; asked again at each word of the program's, and every few
    /// milliseconds.
    package func read(
        until what: String, within seconds: Int64 = patience, _ isDone: (ProgramRun) -> Bool
    ) throws {
        let limit = MonotonicClock.nanoseconds() + seconds * 1_000_000_000
        while !isDone(self) {
            guard MonotonicClock.nanoseconds() < limit else {
                process.endNow()
                throw Problem.silent(waitedFor: what, said: output + errors)
            }
            try poll.wait(until: MonotonicClock.nanoseconds() + 5_000_000)
            read()
            if process.reap() != nil, !isDone(self) {
                throw Problem.silent(waitedFor: what, said: output + errors)
            }
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

extension ChildProcess {
    /// What a test defers: one that throws must not end in the trap of a child that was dropped.
    package func endUnlessReaped() { if reap() == nil { endNow() } }
}

/// Waits until something is so; false when it is not after the limit.
package func holds(within seconds: Double, _ isSo: () throws -> Bool) throws -> Bool {
    let limit = MonotonicClock.nanoseconds() + Int64(seconds * 1e9)
    var poll = PollLoop()
    while try !isSo() {
        guard MonotonicClock.nanoseconds() < limit else { return false }
        try poll.wait(until: MonotonicClock.nanoseconds() + 5_000_000)
    }
    return true
}

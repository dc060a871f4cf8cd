// A run of the test program in a process of its own: started in a runtime folder of its own, read
// until it says something or ends, never waited for without a limit.

import Glibc
import SwoopLaunching
import SwoopTransport
import Testing

/// A started test program with everything that it said so far.
final class ProgramRun {
    /// What went wrong with the test itself.
    enum Problem: Error {
        case noProgram
        case noFolder(Int32)
        case silent(waitedFor: String, said: String)
    }

    /// Seconds that anything may take: generous, since the machine may be busy with other things.
    static let patience: Int64 = 60

    let process: ChildProcess
    let folder: TestFolder
    private(set) var output = ""
    private(set) var errors = ""
    private var poll = PollLoop()

    /// Starts `SwoopTestProgram` with arguments.
    init(_ arguments: [String], in folder: TestFolder, program: String? = nil) throws {
        guard let path = program ?? Self.programPath else { throw Problem.noProgram }
        var request = LaunchRequest(program: path, arguments: arguments)
        request.output = .piped
        request.environment["XDG_RUNTIME_DIR"] = folder.path
        process = try ChildProcess(starting: request)
        self.folder = folder
        for descriptor in [process.standardOutput, process.standardError].compactMap({
            $0?.descriptor
        }) {
            _ = poll.watch(descriptor: descriptor)
        }
        _ = poll.watch(descriptor: process.exitDescriptor)
    }

    deinit { if process.reap() == nil { process.endNow() } }

    /// The program beside the tests, which may run inside a helper of the toolchain's.
    static let programPath: String? = {
        var path = [UInt8](repeating: 0, count: 4_096)
        let length = unsafe readlink("/proc/self/exe", &path, path.count)
        let own = String(decoding: path.prefix(max(0, length)), as: UTF8.self)
        for candidate in [own] + CommandLine.arguments {
            guard let slash = candidate.lastIndex(of: "/") else { continue }
            let program = "\(candidate[..<slash])/SwoopTestProgram"
            if unsafe access(program, X_OK) == 0 { return program }
        }
        return nil
    }()

    /// Reads on until the output has a value of this name; answers with it.
    func value(of name: String, within seconds: Int64 = patience) throws -> String {
        try readUntil("\(name) = …", within: seconds) { $0.values[name] != nil }
        return values[name] ?? ""
    }

    /// Reads until the program has ended; answers with how.
    @discardableResult
    func end(within seconds: Int64 = patience) throws -> SwoopLaunching.ExitStatus {
        try readUntil("the end", within: seconds) { $0.process.reap() != nil }
        read()
        return process.status ?? .exited(-1)
    }

    /// The values that it told, by name.
    var values: [String: String] {
        var values: [String: String] = [:]
        for line in output.split(separator: "\n") {
            guard let sign = line.firstRange(of: " = ") else { continue }
            values[String(line[..<sign.lowerBound])] = String(line[sign.upperBound...])
        }
        return values
    }

    private func readUntil(
        _ what: String, within seconds: Int64, _ isDone: (ProgramRun) -> Bool
    ) throws {
        let limit = MonotonicClock.nanoseconds() + seconds * 1_000_000_000
        while !isDone(self) {
            guard MonotonicClock.nanoseconds() < limit else {
                process.endNow()
                throw Problem.silent(waitedFor: what, said: output + errors)
            }
            // Its pipes stay readable once they have ended: then only its exit is waited for.
            let isOver = process.standardOutput?.isEnded ?? true
            try poll.wait(until: isOver ? MonotonicClock.nanoseconds() + 5_000_000 : limit)
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

/// Runs the program to its end and answers with what it told.
func told(_ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) throws
    -> [String: String]
{
    let folder = try TestFolder()
    let run = try ProgramRun(arguments, in: folder)
    let status = try run.end()
    #expect(status == .exited(0), "\(run.output)\(run.errors)", sourceLocation: sourceLocation)
    return run.values
}

/// Everything that starts processes, one test after the other: they are killed, timed and counted.
@Suite(.serialized) struct ProgramTests {}

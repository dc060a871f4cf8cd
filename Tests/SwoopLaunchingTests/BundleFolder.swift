// What the tests of bundles share: folders that go when they are done with, made-up programs, and
// commands whose output is read to the end.

import Glibc
import SwoopLaunching
import SwoopModel
import SwoopTransport
import TestPrograms

/// A folder for one test, removed with all that is in it.
final class TestFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/swoop-test-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else {
            throw LaunchError.systemCall("mkdtemp", code: errno)
        }
        path = String(
            decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        _ = try? run("/bin/rm", "-rf", path)
    }

    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let place = "\(path)/\(name)"
        let descriptor = unsafe open(place, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o700)
        guard descriptor >= 0, unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count
        else { throw LaunchError.systemCall("write(\(place))", code: errno) }
        close(descriptor)
        return place
    }
}

/// What a command printed, and how it ended.
struct CommandResult {
    var status: SwoopLaunching.ExitStatus
    var output: String
    var error: String

    /// The rest of the line that begins with a word.
    func line(_ word: String) -> String? {
        output.split(separator: "\n").first { $0.hasPrefix(word + " ") }.map {
            String($0.dropFirst(word.utf8.count + 1))
        }
    }
}

/// Starts a child and reads all that it prints; after a minute it is killed.
func run(_ request: LaunchRequest) throws -> CommandResult {
    var request = request
    request.output = .piped
    let child = try ChildProcess(starting: request)
    defer { child.endUnlessReaped() }
    var loop = PollLoop()
    var bytes: [[UInt8]] = [[], []]
    var pipes = [child.standardOutput, child.standardError]
    var sources = pipes.map { loop.watch(descriptor: $0?.descriptor ?? -1) }
    let deadline = MonotonicClock.nanoseconds() + 60_000_000_000
    while !pipes.isEmpty, MonotonicClock.nanoseconds() < deadline {
        try loop.wait(until: deadline)
        for index in pipes.indices.reversed() {
            let isError = pipes[index] === child.standardError
            bytes[isError ? 1 : 0] += pipes[index]?.read() ?? []
            if pipes[index]?.isEnded != false {
                loop.remove(sources[index])
                pipes.remove(at: index)
                sources.remove(at: index)
            }
        }
    }
    if !pipes.isEmpty { child.endNow() }
    return CommandResult(
        status: child.waitUntilEnded(), output: String(decoding: bytes[0], as: UTF8.self),
        error: String(decoding: bytes[1], as: UTF8.self))
}

func run(_ program: String, _ arguments: String...) throws -> CommandResult {
    try run(LaunchRequest(program: program, arguments: arguments))
}

/// A program that was never built: two files of some bytes.
struct MadeUpProgram {
    let manifest: ProgramManifest
    let contents: [String: [UInt8]]

    init(_ seed: String, bytes: Int = 3 << 20) {
        var contents: [String: [UInt8]] = [:]
        var files: [ProgramFile] = []
        for name in ["libshared.so.1", "loader", "program"] {
            // The library is the same in all of them.
            let start = Array((name.hasPrefix("lib") ? name : "\(name) \(seed)").utf8)
            var state = start.reduce(UInt64(7)) { ($0 &* 31) &+ UInt64($1) }
            let filler = (0..<(name == "program" ? bytes : 1_000)).map { _ -> UInt8 in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(state >> 60)
            }
            contents[name] = start + filler
            files.append(ProgramFile(describing: start + filler, name: name))
        }
        self.contents = contents
        manifest = ProgramManifest(name: "made up", architecture: "any", files: files)
    }

    /// The program as a bundle whose files lie in a folder.
    func bundle(in folder: TestFolder) throws -> Bundle {
        var paths: [String: String] = [:]
        for (name, bytes) in contents { paths[name] = try folder.write(name, bytes) }
        return try Bundle(manifest, paths: paths)
    }

    /// Puts it into a cache as a transfer would.
    func place(in cache: BundleCache) throws -> PlacedProgram {
        for file in try cache.missing(manifest) {
            let receipt = try cache.receive(file)
            try receipt.write(contents[file.name] ?? [], at: 0)
            try receipt.finish()
        }
        return try cache.place(manifest)
    }
}

/// Names in a folder.
func listing(_ path: String) throws -> [String] {
    try run("/bin/ls", "-A", path).output.split(separator: "\n").map(String.init)
}

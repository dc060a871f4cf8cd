// Tasks that print: a little, parts of lines, floods, megabytes.

@unsafe @preconcurrency import Glibc
import Swoop

@Remote func chat(_ i: Int) -> Int {
    print("hello \(i)")
    print("partial \(i)", terminator: "")
    return i
}

@Remote func complainAloud(_ i: Int) -> Int {
    unsafe fputs("oh \(i)\n", stderr)
    return i
}

@Remote func chatAsync(_ i: Int) async throws -> Int {
    print("before \(i)")
    let j = try await slowly(i)
    print("after \(j)")
    return j
}

@Remote func writeDirectly(_ i: Int) -> Int {
    let text = Array("direct \(i)\n".utf8)
    _ = unsafe text.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
    return i
}

@Remote func chatThenDie(_ i: Int) -> Int {
    print("last words \(i)")
    return [1, 2, 3][i]
}

@Remote func flood(_ lines: Int) -> Int {
    for i in 0..<lines { print("line \(i)") }
    return lines
}

@Remote func megabytes(_ count: Int) -> Int {
    let line = Array(String(repeating: "x", count: 1_023).utf8) + [10]
    for i in 0..<count * 1_024 {
        _ = unsafe line.withUnsafeBytes { unsafe write(Int32(1 + i % 2), $0.baseAddress, $0.count) }
    }
    for i in 0..<count * 1_024 {
        _ = unsafe line.withUnsafeBytes {
            unsafe fwrite($0.baseAddress, 1, $0.count, i % 2 == 0 ? stdout : stderr)
        }
    }
    return count
}

func tellPrinting(to output: TaskOutput) async throws {
    try await withTestCluster(taskOutput: output) { cluster in
        let proxies = try await cluster.remotely { remote in
            [
                remote.call(chat, 1), remote.call(chat, 2), remote.call(complainAloud, 3),
                remote.call(chatAsync, 4), remote.call(writeDirectly, 5),
            ]
        }
        for proxy in proxies { _ = try await proxy.value }
        await tellError("died") { try await cluster.remotely { $0.call(chatThenDie, 6) }.value }
    }
}

/// What a terminal would obey: a title, a cleared screen, C1's own way to say it, a way back.
@Remote func paint(_ i: Int) throws -> Int {
    print("\u{1b}]0;title\u{7}tab\there \u{9b}2J\u{7f}\u{202e}back")
    unsafe fputs("red \u{1b}[31m\r\n", stderr)
    let text = Array("direct \u{1b}[2J\n".utf8)
    _ = unsafe text.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
    struct Painted: Error { var text = "\u{1b}[2J\u{9b}31m" }
    throw Painted()
}

func tellPainting() async throws {
    try await withTestCluster { cluster in
        do {
            _ = try await cluster.remotely { $0.call(paint, 1) }.value
        } catch {
            print(error)
        }
    }
}

func tellFlood() async throws {
    try await withTestCluster { cluster in
        tell("flood", try await cluster.remotely { $0.call(flood, 100_000) }.value)
        tell("after", try await cluster.remotely { $0.call(chat, 1) }.value)
    }
}

func tellMegabytes() async throws {
    try await withTestCluster { cluster in
        tell("written", try await cluster.remotely { $0.call(megabytes, 10) }.value)
    }
}

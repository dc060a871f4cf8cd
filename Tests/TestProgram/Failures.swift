// Functions that fail in every way that a function can, and what their callers hear.

import Glibc
import Swoop

/// An error of the user's.
struct Refused: Error {
    var number: Int
}

@Remote func refuse(_ i: Int) throws -> Int {
    guard i < 0 else { throw Refused(number: i) }
    return i
}

@Remote func refuseAtLength(_ count: Int) throws -> Int {
    throw Lengthy(text: String(repeating: "long ", count: count))
}

/// An error with much to say.
struct Lengthy: Error {
    var text: String
}

@Remote func element(_ values: [Int], _ i: Int) -> Int {
    values[i]
}

@Remote func overflow(_ i: Int8) -> Int8 {
    i + 100
}

@Remote func unwrap(_ text: String) -> Int {
    Int(text)!
}

@Remote func die(_ text: String) -> Int {
    fatalError(text)
}

@Remote func leave(_ status: Int) -> Int {
    exit(Int32(status))
}

@Remote func touch(_ address: Int) -> Int {
    unsafe UnsafePointer<Int>(bitPattern: address)!.pointee
}

@Remote func deepen(_ n: Int) -> Int {
    n == 0 ? 0 : 1 + deepen(n + 1)
}

@Remote func abortNow(_ i: Int) -> Int { abort() }

@Remote func stopItself(_ i: Int) -> Int {
    raise(SIGSTOP)
    return i
}

@Remote func countdown(_ i: Int) throws -> Int {
    if i == 3 { throw Refused(number: i) }
    return i - 1
}

/// Encodes what it cannot decode.
struct Lopsided: Codable, Sendable {
    init() {}
    init(from decoder: any Decoder) throws { throw Refused(number: 1) }
    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(1)
    }
}

@Remote func makeLopsided(_ i: Int) -> Lopsided { Lopsided() }
@Remote func takeLopsided(_ value: Lopsided) -> Int { 1 }

/// Tells what a caller hears, in a form that tests can compare.
func tellError<Value>(_ name: String, _ make: () async throws -> Value) async {
    do {
        tell(name, "no error: \(try await make())")
    } catch let error as SwoopError {
        let file = error.file.split(separator: "/").last ?? ""
        tell(
            name,
            "\(error.code) | \(error.message) | \(file):\(error.line) | \(error.function) | "
                + "\(error.errorType) | \(error.attempt) | \(error.advice)")
    } catch {
        tell(name, "other error: \(error)")
    }
}

func tellFailures() async throws {
    try await withTestCluster { cluster in
        await tellError("thrown") { try await cluster.remotely { $0.call(refuse, 7) }.value }
        await tellError("index") {
            try await cluster.remotely { $0.call(element, [1, 2], 5) }.value
        }
        await tellError("overflow") { try await cluster.remotely { $0.call(overflow, 100) }.value }
        await tellError("unwrap") { try await cluster.remotely { $0.call(unwrap, "no") }.value }
        await tellError("fatalError") {
            try await cluster.remotely { $0.call(die, "the end") }.value
        }
        await tellError("exit") { try await cluster.remotely { $0.call(leave, 3) }.value }
        await tellError("pointer") { try await cluster.remotely { $0.call(touch, 1 << 40) }.value }
        await tellError("null pointer") { try await cluster.remotely { $0.call(touch, 16) }.value }
        await tellError("stack") { try await cluster.remotely { $0.call(deepen, 1) }.value }
        await tellError("abort") { try await cluster.remotely { $0.call(abortNow, 1) }.value }
        await tellError("stopped") { try await cluster.remotely { $0.call(stopItself, 1) }.value }
        await tellError("result does not decode") {
            try await cluster.remotely { $0.call(makeLopsided, 1) }.value
        }
        await tellError("argument does not decode") {
            try await cluster.remotely { remote in
                takeLopsided(remote.call(makeLopsided, 1))
            }.value
        }
        await tellError("input failed") {
            try await cluster.remotely { remote in one(remote.call(refuse, 7)) }.value
        }
        await tell("long error") {
            do {
                return "\(try await cluster.remotely { $0.call(refuseAtLength, 1 << 20) }.value)"
            } catch let error as SwoopError {
                return "\(error.code) \(error.message.utf8.count < 8_192)"
            }
        }
        await tell("many long errors") {
            let proxies = try await cluster.remotely { remote in
                (0..<500).map { _ in remote.call(refuseAtLength, 1_000) }
            }
            var count = 0
            for proxy in proxies {
                do { _ = try await proxy.value } catch { count += 1 }
            }
            return count
        }
        await tell("afterwards") { try await cluster.remotely { $0.call(one, 1) }.value }
    }
}

/// A trap among two hundred others, which all arrive.
func tellNeighbours() async throws {
    try await withTestCluster { cluster in
        let (good, bad) = try await cluster.remotely { remote in
            (
                (0..<200).map { remote.call(slowIdentity, $0) },
                (0..<3).map { remote.call(element, [1, 2, 3], 10 + $0) }
            )
        }
        var sum = 0
        var lost = 0
        for (i, proxy) in good.enumerated() {
            do {
                sum += try await proxy.value == i ? 1 : 0
            } catch {
                lost += 1
                tell("lost \(i)", error)
            }
        }
        tell("arrived", sum)
        tell("lost", lost)
        for (i, proxy) in bad.enumerated() { await tellError("bad \(i)") { try await proxy.value } }
    }
}

// Globals as tasks see them: those of main.swift are set by main, which no worker runs; those of
// another file are set at their first use, on a worker too.

import Glibc
import Swoop

/// Set by its own initialiser.
let factor = 3
/// Set by its own initialiser, which reads what main sets.
let shouted = words.map { $0.uppercased() }
/// Set by its own initialiser; the program sets it to another value before it runs tasks.
nonisolated(unsafe) var setting = 1

/// A value behind a reference.
final class Marker: Sendable {
    let number: Int
    init(number: Int) { self.number = number }
}

@Remote func markSeen(_ i: Int) -> Int { marker.number + i }
@Remote func factorSeen(_ i: Int) -> Int { factor * i }
@Remote func shoutedSeen(_ i: Int) -> Int { shouted.count + i }
@Remote func settingSeen(_ i: Int) -> Int { unsafe setting + i }
@Remote func touch(_ address: Int) -> Int {
    unsafe UnsafePointer<Int>(bitPattern: address)!.pointee
}

/// What tasks see of globals, and what their caller hears.
func tellGlobals() async throws {
    unsafe setting = 100
    try await withCluster(.ofTest) { cluster in
        await tellError("array") { try await cluster.remotely { $0.call(word, 1) }.value }
        await tellError("string") { try await cluster.remotely { $0.call(titleSeen, 1) }.value }
        await tellError("dictionary") { try await cluster.remotely { $0.call(tableSeen, 1) }.value }
        await tellError("object") { try await cluster.remotely { $0.call(markSeen, 1) }.value }
        await tellError("lazy") { try await cluster.remotely { $0.call(shoutedSeen, 1) }.value }
        await tellError("pointer") { try await cluster.remotely { $0.call(touch, 1 << 40) }.value }
        await tellError("number") { try await cluster.remotely { $0.call(limitSeen, 1) }.value }
        await tellError("setting") { try await cluster.remotely { $0.call(settingSeen, 1) }.value }
        await tellError("other file") {
            try await cluster.remotely { $0.call(factorSeen, 2) }.value
        }
    }
}

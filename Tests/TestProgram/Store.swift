// More pages than memory has room for: stored, read where they lie, and what is said when they
// cannot be.

import Glibc
import Swoop

@Remote func mixed(_ i: Int) -> Int { i &* 0x1e37_79b9_7f4a_7c15 }
@Remote func exclusiveOr(_ a: Int, _ b: Int) -> Int { a ^ b }

/// 4 million integers take 32 MiB.
private let budget = 32 << 20

private func withSmallStore(_ body: (Cluster) async throws -> sending Void) async throws {
    var options = LocalOptions()
    options.cores = 2
    options.learns = false
    options.pageBudget = budget
    options.spillFolder = unsafe getenv("TEST_SPILL").map { unsafe String(cString: $0) } ?? ""
    try await withCluster(.local(options), body)
}

/// Collections of four times the memory, from here and from there, read in several ways.
func tellStore() async throws {
    try await withSmallStore { cluster in
        let count = 4 * budget / 8
        let numbers = (0..<count).map { $0 &* 3 }
        let array = try await cluster.remotely { $0.array(numbers) }
        try await array.wait()
        await tell("array") {
            try await cluster.remotely { _ in array.chain.sum }.value == numbers.reduce(0, +)
        }
        await tell("collected") { try await array.collect() == numbers }
        let stored = try await cluster.remotely {
            $0.range(0..<count).map(mixed).stored()
        }
        let expected = (0..<count).reduce(0) { $0 ^ mixed($1) }
        for round in 1...2 {
            await tell("stored, read \(round) times") {
                try await cluster.remotely { _ in
                    stored.chain.reduce(0, exclusiveOr)
                }.value == expected
            }
        }
        await tell("most in memory") {
            for try await usage in cluster.usage {
                return usage.nodes.allSatisfy { $0.residentBytes <= Int64(budget) }
            }
            return false
        }
    }
}

/// Holds pages on the disk until it is killed.
func holdSpilled() async throws {
    try await withSmallStore { cluster in
        let stored = try await cluster.remotely {
            $0.range(0..<(2 * budget / 8)).map(mixed).stored()
        }
        try await stored.wait()
        tell("holds", stored.pageCount)
        // Until its agent is killed.
        _ = try await cluster.remotely { $0.call(spin, 60_000) }.value
    }
}

/// Reads pages from the disk after somebody had to do with it there: when the file is there.
func tellDamaged(after path: String) async throws {
    try await withSmallStore { cluster in
        let count = 2 * budget / 8
        let stored = try await cluster.remotely { $0.range(0..<count).map(mixed).stored() }
        try await stored.wait()
        tell("holds", stored.pageCount)
        var round = 0
        while unsafe access(path, F_OK) != 0 {
            round = try await cluster.remotely { $0.call(one, round) }.value
        }
        await tell("right") {
            let value = try await cluster.remotely { _ in
                stored.chain.reduce(0, exclusiveOr)
            }.value
            return value == (0..<count).reduce(0) { $0 ^ mixed($1) }
        }
        await tell("collected right") {
            try await stored.collect() == (0..<count).map(mixed)
        }
    }
}

/// A node that cannot spill: what fits works, what does not is an error.
func tellFullDisk() async throws {
    try await withSmallStore { cluster in
        await tellError("too much") {
            let stored = try await cluster.remotely {
                $0.range(0..<(4 * budget / 8)).map(mixed).stored()
            }
            return try await cluster.remotely { _ in stored.chain.count }.value
        }
        await tell("what fits") {
            let stored = try await cluster.remotely {
                $0.range(0..<(budget / 16)).map(mixed).stored()
            }
            return try await cluster.remotely { _ in stored.chain.count }.value
        }
    }
}

/// More pages than the control group has memory for, by far within their own budget; then a page
/// that is larger than what is left.
func tellExhausted() async throws {
    var options = LocalOptions()
    options.cores = 1
    options.learns = false
    options.pageBudget = 4 << 30
    options.spillFolder = unsafe getenv("TEST_SPILL").map { unsafe String(cString: $0) } ?? ""
    try await withCluster(.local(options)) { cluster in
        let bytes = 50 << 20
        await tellError("pages") {
            let loaded = try await cluster.remotely { remote in
                (1...16).map { remote.call(load, $0, bytes) }
            }
            var sum = 0
            for (place, value) in loaded.enumerated() {
                let weighed = try await cluster.remotely { _ in weight(value) }
                guard try await weighed.value == (place + 1) * bytes else { return -1 }
                sum += place + 1
            }
            return sum
        }
        await tell("afterwards") { try await cluster.remotely { $0.call(one, 1) }.value }
    }
}

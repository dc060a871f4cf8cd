// Random exact reductions of random elements on real clusters of several sizes, held against serial
// sums of 256 bits.

import Swoop
import SwoopSimulation
import WideSums

/// A number that is hard to add up, from its place alone: far up, far down, or anything.
@Remote func hardNumber(_ i: Int) -> Int {
    var mixed = UInt64(bitPattern: Int64(i)) &* 0x9e37_79b9_7f4a_7c15
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed ^= mixed >> 27
    switch (i >> 14) & 3 {
    case 0: return .max - Int(mixed >> 50)
    case 1: return .min + Int(mixed >> 50)
    case 2: return Int(bitPattern: UInt(mixed))
    default: return Int(mixed >> 60)
    }
}
@Remote func lowBit(_ i: Int) -> Int { i & 1 }
@Remote func itsOwn(_ i: Int) -> Int { i }

/// How many answers were right, and of which kind.
private struct Tally {
    var fitting = 0
    var beyond = 0
    var wrong: [String] = []

    /// Holds an answer against the right one; nil: the sum is beyond its type.
    mutating func check<Value: Equatable>(
        _ name: String, _ right: Value?, _ make: () async throws -> Value
    ) async {
        do {
            let found = try await make()
            if found != right { wrong.append("\(name): another value") }
        } catch let error as SwoopError {
            let isOverflow = error.errorType == String(reflecting: SumOverflow.self)
            if right != nil || !isOverflow { wrong.append("\(name): \(error.message)") }
        } catch {
            wrong.append("\(name): \(error)")
        }
        if right == nil { beyond += 1 } else { fitting += 1 }
    }
}

/// Tells what came of random sums: `random-sums SEED`.
func tellRandomSums(_ arguments: [String]) async throws {
    let seed = arguments.first.flatMap { UInt64($0) } ?? 1
    var tally = Tally()
    // Cores, and MiB of pages.
    let clusters: [(Int, Int)] = [
        (1, 4), (1, 256), (2, 8), (2, 64), (3, 12), (3, 256), (5, 20), (5, 64),
    ]
    for (place, (cores, budget)) in clusters.enumerated() {
        try await withTestCluster(cores: cores, pageBudget: budget << 20) { cluster in
            for round in 0..<3 {
                let own = seed &* 1_000 &+ UInt64(10 * place + round)
                let name = "seed \(seed), round \(place).\(round), \(cores) cores, \(budget) MiB"
                await checkArrays(cluster, name, own, &tally)
                if round == 0 { await checkRanges(cluster, name, own, &tally) }
            }
        }
    }
    tell("fitting", tally.fitting)
    tell("beyond", tally.beyond)
    tell("wrong", tally.wrong)
}

/// Arrays of some thousand elements: pages of random sizes.
private func checkArrays(
    _ cluster: Cluster, _ name: String, _ seed: UInt64, _ tally: inout Tally
) async {
    var hard = HardSums(SeededGenerator(seed: seed), lengthMax: 6_000)
    let numbers = hard.elements(Int.self)
    let sum = WideSum(numbers).exactly(Int.self)
    await tally.check("sum, \(name)", sum) {
        try await cluster.remotely { $0.array(numbers).chain.sum }.value
    }
    await tally.check("mean, \(name)", sum.map { WholeMean.mean(of: $0, numbers.count) }) {
        try await cluster.remotely { $0.array(numbers).chain.reduce(WholeMean<Int>()) }.value
    }
    await tally.check("digits, \(name)", DigitsReduction.serial(numbers)) {
        try await cluster.remotely { $0.array(numbers).chain.reduce(DigitsReduction()) }.value
    }
    await tally.check("prefix sums, \(name)", widePrefixSums(numbers)) {
        try await cluster.remotely { $0.array(numbers).prefixSums }.collect()
    }
    let limit = hard.below(numbers.count + 2)
    await tally.check("first, \(name)", Array(numbers.prefix(limit))) {
        try await cluster.remotely { $0.array(numbers).chain.prefix(limit) }.value
    }
    let words = hard.elements(Int32.self)
    await tally.check("Int32, \(name)", WideSum(words).exactly(Int32.self)) {
        try await cluster.remotely { $0.array(words).chain.sum }.value
    }
    let wide = hard.elements(UInt128.self)
    await tally.check("UInt128, \(name)", WideSum(wide).exactly(UInt128.self)) {
        try await cluster.remotely { $0.array(wide).chain.sum }.value
    }
}

/// Functions over ranges of several leaves.
private func checkRanges(
    _ cluster: Cluster, _ name: String, _ seed: UInt64, _ tally: inout Tally
) async {
    var random = SeededGenerator(seed: seed)
    let lower = Int.random(in: 0..<1 << 40, using: &random)
    let range = lower..<lower + Int.random(in: 100_000..<200_000, using: &random)
    let numbers = range.map { hardNumber($0) }
    await tally.check("range, \(name)", WideSum(numbers).exactly(Int.self)) {
        try await cluster.remotely { $0.range(range).map(hardNumber).sum }.value
    }
    await tally.check("digits of a range, \(name)", DigitsReduction.serial(numbers)) {
        try await cluster.remotely {
            $0.range(range).map(hardNumber).stored().chain.reduce(DigitsReduction())
        }.value
    }
    let groups = Dictionary(grouping: numbers) { $0 & 1 }.mapValues {
        WideSum($0).exactly(Int.self)
    }
    let isRight = groups.values.allSatisfy { $0 != nil }
    await tally.check("groups, \(name)", isRight ? groups : nil) {
        let pairs = try await cluster.remotely {
            $0.range(range).map(hardNumber).grouped(by: lowBit, .summing(of: itsOwn))
        }.collect()
        return Dictionary(uniqueKeysWithValues: pairs.map { ($0.first, Optional($0.second)) })
    }
}

// The example program's ranking, made on a local cluster, held against a plain computation of the
// same sums in the same order: equal to the last bit, on any number of cores.

import DebianRank
import Foundation
import Swoop
import Testing

@Suite(.serialized) struct RankingTests {
    @Test("A ranking has the same bits as a plain loop's, on any number of cores", arguments: 1...3)
    func sameBits(cores: Int) async throws {
        let index = SeededIndex(packages: 3_000, seed: 17)
        let expected = PlainRanking(index)
        let file = try IndexFile(index.text)
        try await withCluster(.local(options(cores))) { cluster in
            let ranking = try await rankingPlan(of: file.path, top: 20, on: cluster).run()
            let ranks = try await ranking.ranks.value
            #expect(ranks.rounds == expected.rounds && ranks.rounds > 10)
            #expect(ranks.ranks.map(\.bitPattern) == expected.ranks.map(\.bitPattern))
            #expect(ranks.change.bitPattern == expected.change.bitPattern)
            let highest = try await ranking.highest.value
            #expect(highest.map(\.name) == expected.highest(20))
            let size = try await ranking.size.value
            #expect(size.packages == 3_000)
            #expect(size.dependencies == expected.dependencies.reduce(0) { $0 + $1.count })
        }
    }

    @Test("The sections count each package once, and every stanza is read", arguments: 1...3)
    func sections(cores: Int) async throws {
        let index = SeededIndex(packages: 3_000, seed: 18)
        let file = try IndexFile(index.text)
        try await withCluster(.local(options(cores))) { cluster in
            let ranking = try await rankingPlan(of: file.path, top: 1, on: cluster).run()
            let sections = try await ranking.sections.collect()
            #expect(try await ranking.stanzas.value == index.stanzas)
            var expected: [String: Pair<Int, Int>] = [:]
            for package in index.packages {
                expected[package.section, default: Pair(0, 0)].first += 1
                expected[package.section, default: Pair(0, 0)].second += package.size
            }
            #expect(sections.map(\.first) == expected.keys.sorted())
            #expect(sections.allSatisfy { expected[$0.first] == $0.second })
        }
    }

    /// A cluster that leaves nothing behind and learns nothing.
    private func options(_ cores: Int) -> LocalOptions {
        var options = LocalOptions()
        options.cores = cores
        options.isVisible = false
        options.learns = false
        return options
    }
}

/// A text file for the length of a test.
private final class IndexFile {
    let path: String

    init(_ text: String) throws {
        path = NSTemporaryDirectory() + "RankingTests-\(UUID().uuidString)"
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }

    deinit { unsafe unlink(path) }
}

/// A package index made up from a seed: repeated names, alternatives, names that no package has.
private struct SeededIndex {
    struct Entry {
        var name: String
        var section: String
        var size: Int
        /// Numbers of packages; negative ones stand for names without a package.
        var needs: [[Int]]
    }

    private(set) var packages: [Entry] = []
    private(set) var text = ""
    private(set) var stanzas = 0

    init(packages count: Int, seed: UInt64) {
        var generator = Sequence64(state: seed)
        let sections = ["libs", "net", "doc", "contrib/net", "non-free/games"]
        for number in 0..<count {
            let needs = (0..<generator.below(7)).map { _ in
                (0...generator.below(2)).map { _ in
                    // Low numbers are wanted more; one in nine names has no package.
                    generator.below(9) == 0 ? -1 : generator.below(1 + generator.below(count))
                }
            }
            let section = sections[generator.below(sections.count)]
            packages.append(
                Entry(
                    name: "package-\(number)", section: String(section.split(separator: "/").last!),
                    size: 1 + generator.below(50_000), needs: needs))
            write(packages[number], section: section, version: "1.\(number)", &generator)
            // An older stanza of a name that was there: it must not count.
            if generator.below(20) == 0 {
                var older = packages[generator.below(number + 1)]
                older.size += 1
                older.needs = [[0]]
                write(older, section: "old", version: "0.9", &generator)
            }
        }
    }

    private mutating func write(
        _ entry: Entry, section: String, version: String, _ generator: inout Sequence64
    ) {
        let clauses = entry.needs.map { names in
            names.map { number in
                let name = number < 0 ? "virtual" : "package-\(number)"
                return name + ["", " (>= 1.0)", ":any"][generator.below(3)]
            }.joined(separator: " | ")
        }
        let cut = clauses.count / 3
        text += "Package: \(entry.name)\nVersion: \(version)\nInstalled-Size: \(entry.size)\n"
        if cut < clauses.count {
            text += "Depends: \(clauses[cut...].joined(separator: ", "))\n"
        }
        if cut > 0 { text += "Pre-Depends: \(clauses[..<cut].joined(separator: ", "))\n" }
        text += "Description: number \(stanzas)\n Package: not a field\n .\n with text\n"
        text += "Section: \(section)\nFilename: pool/\(entry.name)_\(version)_all.deb\n\n"
        stanzas += 1
    }
}

/// What the ranking must be, by plain loops.
private struct PlainRanking {
    private(set) var ranks: [Double]
    private(set) var rounds = 0
    private(set) var change = 1.0
    let dependencies: [[Int]]
    private let names: [String]

    init(_ index: SeededIndex) {
        names = index.packages.map(\.name)
        let count = names.count
        // Pre-Depends stand behind Depends in the text: the first third of the needs comes last.
        dependencies = index.packages.enumerated().map { number, package in
            let cut = package.needs.count / 3
            var found: [Int] = []
            for names in package.needs[cut...] + package.needs[..<cut] {
                guard let first = names.first(where: { $0 >= 0 }) else { continue }
                if first != number, !found.contains(first) { found.append(first) }
            }
            return found
        }
        var dependents = [[Int]](repeating: [], count: count)
        for number in 0..<count {
            for dependency in dependencies[number] { dependents[dependency].append(number) }
        }
        var offsets: [Int32] = [0]
        for list in dependents { offsets.append(offsets[offsets.count - 1] + Int32(list.count)) }
        let parts = (0..<partCount).map { packages(ofPart: $0, offsets: offsets) }

        let independents = dependencies.count { $0.isEmpty }
        ranks = Array(repeating: 1 / Double(count), count: count)
        var independentRank = Double(independents) / Double(count)
        while change >= convergence {
            let forAll =
                (1 - damping) / Double(count) + damping * independentRank / Double(count)
            var next: [Double] = []
            var sums = (independent: 0.0, change: 0.0)
            for part in parts {
                var own = (independent: 0.0, change: 0.0)
                for number in part {
                    var handed = 0.0
                    for dependent in dependents[number] {
                        handed += ranks[dependent] * (1 / Double(dependencies[dependent].count))
                    }
                    let rank = forAll + damping * handed
                    own.change += abs(rank - ranks[number])
                    if dependencies[number].isEmpty { own.independent += rank }
                    next.append(rank)
                }
                sums.independent += own.independent
                sums.change += own.change
            }
            (ranks, independentRank, change) = (next, sums.independent, sums.change)
            rounds += 1
        }
    }

    func highest(_ count: Int) -> [String] {
        let order = ranks.indices.sorted { left, right in
            ranks[left] == ranks[right] ? names[left] < names[right] : ranks[left] > ranks[right]
        }
        return order.prefix(count).map { names[$0] }
    }
}

/// SplitMix64: numbers that a seed decides.
private struct Sequence64 {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return Int((mixed ^ mixed >> 31) % UInt64(max(1, bound)))
    }
}

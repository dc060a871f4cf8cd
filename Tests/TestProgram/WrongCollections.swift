// Collections asked for what they cannot give: counts and bounds without a meaning, nothing at all,
// checks that stop a chain, numbers that are none.

import Swoop

@Remote func quotient(_ i: Int) -> Int { 100 / (i - 77_000) }
@Remote func notANumber(_ i: Int) -> Double {
    i % 3 == 0 ? .nan : i % 3 == 1 ? -.nan : Double(i % 4)
}
@Remote func zeros(_ i: Int) -> Double { i % 2 == 0 ? 0.0 : -0.0 }
@Remote func itself(_ x: Double) -> Double { x }
@Remote func pairOf(_ x: Double) -> Pair<Double, Int> { Pair(x, 1) }
@Remote func sizeOfGroup(_ group: Group<Double, Double>) -> Pair<Double, Int> {
    Pair(group.key, group.count)
}
@Remote func halved(_ i: Int) -> Int { i / 2 }
@Remote func byteOf(_ i: Int) -> Int8 { Int8(truncatingIfNeeded: i % 100) }
@Remote func pairCount(_ pair: Pair<Int, Int>) -> Int { pair.first * 1_000 + pair.second }
@Remote func countOfWindow(_ window: [Int]) -> Int { window.count }
@Remote func addTo(_ i: Int, _ k: Int) -> Int { i + k }

func tellWrongCollections() async throws {
    try await withTestCluster { cluster in
        try await tellCaps(cluster)
        try await tellBounds(cluster)
        try await tellNothing(cluster)
        try await tellTraps(cluster)
        try await tellNumbersThatAreNone(cluster)
        await tell("afterwards") { try await cluster.remotely { $0.call(one, 1) }.value }
    }
    try await tellOtherClusters()
    try await tellEnded()
}

private func tellCaps(_ cluster: Cluster) async throws {
    let stored = try await cluster.remotely { $0.range(0..<1_000).stored() }
    await tellWhole("collect beyond the cap") { try await stored.collect(cap: 7_999).count }
    await tellWhole("collected beyond the cap") {
        try await cluster.remotely { _ in stored.chain.collected(cap: 7_999) }.value.count
    }
    await tellWhole("collected at the cap") {
        try await cluster.remotely { _ in stored.chain.collected(cap: 8_000) }.value.count
    }
    await tellWhole("cap below nothing") {
        try await cluster.remotely { _ in stored.chain.collected(cap: -1) }.value.count
    }
    await tellWhole("fetched below nothing") { try await stored.collect(cap: -1).count }
    await tellWhole("sum beyond the widest") {
        try await cluster.remotely { $0.array([UInt128.max, 1]).chain.sum }.value
    }
}

private func tellBounds(_ cluster: Cluster) async throws {
    let array = try await cluster.remotely { $0.array([3, 1, 2]) }
    await tellWhole("slice below 0") {
        try await cluster.remotely { _ in array[-5..<2].collected() }.value
    }
    await tellWhole("slice behind the end") {
        try await cluster.remotely { _ in array[7..<9].collected() }.value
    }
    await tellWhole("slice across the end") {
        try await cluster.remotely { _ in array[1..<9].collected() }.value
    }
    for length in [0, -1, 4] {
        await tellWhole("windows of \(length)") {
            try await cluster.remotely { _ in array.windows(of: length).map(countOfWindow).sum }
                .value
        }
    }
    for count in [-1, 0] {
        await tellWhole("top \(count)") {
            try await cluster.remotely { _ in array.chain.top(count) }.value
        }
        await tellWhole("bottom \(count)") {
            try await cluster.remotely { _ in array.chain.bottom(count, by: halved) }.value
        }
        await tellWhole("first \(count)") {
            try await cluster.remotely { _ in array.chain.prefix(count) }.value
        }
        await tellWhole("sample of \(count)") {
            try await cluster.remotely { _ in array.sample(count: count, seed: 1) }.value
        }
        await tellWhole("limit \(count)") {
            try await cluster.remotely { remote in
                remote.iterate(from: 1, count: count) { (i: Proxy<Int>) in i + 1 }
            }.value
        }
    }
    for fraction in [-0.1, 1.1, Double.nan, 0, 1] {
        await tellWhole("fraction \(fraction)") {
            try await cluster.remotely { _ in array.sample(fraction: fraction, seed: 1).count }
                .value
        }
    }
    await tellWhole("zip of unequal lengths") {
        let (left, right) = try await cluster.remotely { remote in
            let other = remote.array([10, 20])
            return (
                array.zip(other).map(pairCount).collected(),
                other.zip(array).map(pairCount).collected()
            )
        }
        return "\(try await left.value) \(try await right.value)"
    }
}

private func tellNothing(_ cluster: Cluster) async throws {
    let none = try await cluster.remotely { $0.array([Int]()) + $0.array([Int]()) }
    await tellWhole("nothing") {
        let (count, sum, low, high, mean, reduced) = try await cluster.remotely { _ in
            (
                none.count, none.chain.sum, none.chain.min, none.chain.max, none.chain.mean,
                none.chain.reduce(7, plus)
            )
        }
        return [
            "\(try await count.value)", "\(try await sum.value)", "\(try await low.value as Any)",
            "\(try await high.value as Any)", "\(try await mean.value)",
            "\(try await reduced.value)",
        ].joined(separator: " ")
    }
    await tellWhole("nothing in another order") {
        let arrays = try await cluster.remotely { remote in
            [
                none + none, none.chain.sorted().stored(), none.chain.distinct(),
                none.prefixSums, none[0..<5].stored(),
                none.windows(of: 2).map(countOfWindow).stored(),
                none.zip(none).map(pairCount).stored(), none.enumerated().map(pairCount).stored(),
                none.chain.joined(with: remote.range(0..<3), on: halved, halved).map(pairCount)
                    .stored(),
                none.sample(fraction: 0.5, seed: 1).stored(),
            ]
        }
        var counts: [Int] = []
        for array in arrays { counts.append(try await array.collect().count) }
        return counts
    }
    await tellWhole("nothing grouped") {
        let groups = try await cluster.remotely { _ in
            none.chain.grouped(by: halved, .counting())
        }
        return try await groups.collect().count
    }
    await tellWhole("nothing best, sampled, first") {
        let lists = try await cluster.remotely { _ in
            [
                none.chain.top(2), none.chain.bottom(2), none.sample(count: 2, seed: 1),
                none.chain.prefix(2), none.chain.collected(), none.chain.collected(cap: 0),
            ]
        }
        var all: [Int] = []
        for list in lists { all += try await list.value }
        return all
    }
    await tellWhole("an empty range") {
        try await cluster.remotely { $0.range(5..<5).map(quotient).sum }.value
    }
}

private func tellTraps(_ cluster: Cluster) async throws {
    await tellWhole("division by zero") {
        try await cluster.remotely { $0.range(0..<100_000).map(quotient).sum }.value
    }
    await tellWhole("index in a closure") {
        try await cluster.remotely { remote in
            remote.range(0..<10).map(#remote { (i: Int) in [1, 2, 3][i] }).sum
        }.value
    }
    await tellWhole("thrown in a filter") {
        try await cluster.remotely { $0.range(0..<100_000).map(shout).filter(isOdd).stored() }
            .collect().count
    }
    await tellWhole("thrown by a key") {
        try await cluster.remotely { $0.range(0..<100_000).sorted(by: shout).stored() }
            .collect().count
    }
    await tellWhole("sum beyond Int") {
        try await cluster.remotely { $0.array([Int.max, 1]).chain.sum }.value
    }
    await tellWhole("sum of parts beyond Int8") {
        try await cluster.remotely { $0.range(0..<200_000).map(byteOf).sum }.value
    }
    await tellWhole("prefix sums beyond Int") {
        try await cluster.remotely { $0.array([Int.max, 1]).prefixSums }.collect()
    }
    await tellWhole("range of all integers") {
        try await cluster.remotely { $0.range(Int.min..<Int.max).prefix(2) }.value
    }
}

private func tellNumbersThatAreNone(_ cluster: Cluster) async throws {
    let count = 150_000
    let numbers = try await cluster.remotely { $0.range(0..<count).map(notANumber).stored() }
    await tellWhole("NaN extremes") {
        let (low, high) = try await cluster.remotely { _ in
            (numbers.chain.min, numbers.chain.max)
        }
        return "\(try await low.value as Any) \(try await high.value as Any)"
    }
    await tellWhole("NaN top") {
        let (high, low) = try await cluster.remotely { _ in
            (numbers.chain.top(3), numbers.chain.bottom(3))
        }
        return "\(try await high.value) \(try await low.value)"
    }
    await tellWhole("NaN sorted") {
        let sorted = try await cluster.remotely { _ in numbers.chain.sorted().stored() }.collect()
        let rest = sorted.drop { !$0.isNaN }
        return "\(sorted.count - rest.count) \(rest.allSatisfy(\.isNaN)) \(sorted.prefix(2))"
    }
    await tellWhole("NaN grouped") {
        let groups = try await cluster.remotely { _ in
            numbers.chain.grouped(by: itself, .counting())
        }.collect()
        return groups.prefix(9).map { "\($0.first):\($0.second)" }.joined(separator: " ")
    }
    await tellWhole("NaN in whole groups") {
        let groups = try await cluster.remotely { _ in
            numbers.chain.grouped(by: itself).map(sizeOfGroup).stored()
        }.collect()
        return groups.prefix(9).map { "\($0.first):\($0.second)" }.joined(separator: " ")
    }
    await tellWhole("NaN in pairs grouped") {
        let groups = try await cluster.remotely { _ in
            numbers.chain.grouped(by: pairOf, .counting())
        }.collect()
        return groups.prefix(9).map { "\($0.first.first):\($0.second)" }.joined(separator: " ")
    }
    await tellWhole("NaN distinct") {
        try await cluster.remotely { _ in numbers.chain.distinct() }.collect()
    }
    await tellWhole("NaN joined") {
        try await cluster.remotely { remote in
            remote.array([Double.nan, 1]).chain
                .joined(with: remote.array([Double.nan, 2]).chain, on: itself, itself).count
        }.value
    }
    await tellWhole("zeros grouped") {
        let groups = try await cluster.remotely { remote in
            remote.range(1..<count).map(zeros).grouped(by: itself, .counting())
        }.collect()
        return groups.map { "\($0.first):\($0.second)" }.joined(separator: " ")
    }
}

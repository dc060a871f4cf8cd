// Slices, concatenations, samples, the best elements, prefix sums, windows and capped collections,
// each against what one loop over the same elements gives.

import Swoop

@Remote func noisy(_ i: Int) -> Double { Double((i &* 7_919) % 10_007) / 3 }
@Remote func tenth(_ i: Int) -> Int { i / 10 }
@Remote func windowSum(_ window: [Int]) -> Int { window.reduce(0, +) }
@Remote func joinedText(_ window: [String]) -> String { window.joined(separator: "") }
@Remote func numberText(_ i: Int) -> String { "n\(i)" }
@Remote func larger(_ a: Int, _ b: Int) -> Int { max(a, b) }

func tellPieces() async throws {
    try await withTestCluster { cluster in
        let numbers = (0..<200_000).map { ($0 &* 31) % 1_000 }
        try await tellSlices(cluster, numbers)
        try await tellBest(cluster, numbers)
        try await tellScans(cluster, numbers)
        try await tellWindows(cluster)
        await tell("within the cap") {
            try await cluster.remotely { $0.range(0..<100).collected(cap: 800) }.value.count
        }
        await tell("beyond the cap") {
            try await cluster.remotely { $0.range(0..<101).collected(cap: 800) }.value.count
        }
    }
}

private func tellSlices(_ cluster: Cluster, _ numbers: [Int]) async throws {
    await tell("slice") {
        let slice = try await cluster.remotely { remote in
            remote.array(numbers)[24_990..<125_003].stored()
        }
        return try await slice.collect() == Array(numbers[24_990..<125_003])
    }
    await tell("slice beyond the end") {
        try await cluster.remotely { $0.array(numbers)[199_999..<300_000].collected() }.value
            == [numbers[199_999]]
    }
    await tell("empty slice") {
        try await cluster.remotely { $0.array(numbers)[5..<5].count }.value
    }
    await tell("concatenation") {
        let both = try await cluster.remotely { remote in
            remote.array(numbers) + remote.array([1, 2]) + remote.array([Int]())
        }
        let sums = try await cluster.remotely { _ in both.chain.map(noisy).sum }.value
        let one = try await cluster.remotely { $0.array(numbers + [1, 2]).map(noisy).sum }.value
        let all = try await both.collect()
        return "\(all == numbers + [1, 2]) \(sums.bitPattern == one.bitPattern)"
    }
    await tell("fraction") {
        let drawn = try await cluster.remotely { remote in
            remote.array(numbers).sample(fraction: 0.01, seed: 5).collected()
        }.value
        let draw = _IndexDraw(fraction: 0.01, seed: 5)
        let own = numbers.indices.filter { draw.includes($0) }.map { numbers[$0] }
        return "\(drawn == own) \((1_800...2_200).contains(drawn.count))"
    }
    await tell("number") {
        let drawn = try await cluster.remotely { remote in
            remote.array(numbers).sample(count: 300, seed: 9)
        }.value
        let own = numbers.indices.sorted { _IndexDraw.number($0, 9) < _IndexDraw.number($1, 9) }
            .prefix(300).sorted().map { numbers[$0] }
        return drawn == own
    }
    await tell("number of few") {
        try await cluster.remotely { $0.array([3, 1, 2]).sample(count: 9, seed: 1) }.value
    }
}

private func tellBest(_ cluster: Cluster, _ numbers: [Int]) async throws {
    await tell("top") {
        try await cluster.remotely { $0.array(numbers).chain.top(5) }.value
    }
    await tell("bottom by key") {
        // Of equal keys the first in the source.
        let best = try await cluster.remotely { $0.range(0..<100_000).bottom(12, by: tenth) }
        return try await best.value == Array(0..<12)
    }
    await tell("top by key") {
        let best = try await cluster.remotely { $0.range(0..<100_000).top(12, by: tenth) }
        return try await best.value == Array(99_990..<100_000) + [99_980, 99_981]
    }
    await tell("top of none") {
        try await cluster.remotely { $0.range(0..<0).top(3) }.value
    }
}

private func tellScans(_ cluster: Cluster, _ numbers: [Int]) async throws {
    await tell("prefix sums") {
        let sums = try await cluster.remotely { $0.array(numbers).prefixSums }
        var sum = 0
        let own = numbers.map { number -> Int in
            sum += number
            return sum
        }
        return try await sums.collect() == own
    }
    await tell("prefix sums of doubles") {
        let values = (0..<200_000).map { noisy($0) }
        let sums = try await cluster.remotely { $0.array(values).prefixSums }.collect()
        let stored = try await cluster.remotely { remote in
            remote.range(0..<200_000).map(noisy).stored()
        }
        let others = try await cluster.remotely { _ in stored.prefixSums }.collect()
        // Leaves in order, and the elements of each in order.
        var before = 0.0
        var inside = 0.0
        let own = values.enumerated().map { index, value -> Double in
            inside += value
            let sum = before + inside
            if index % 65_536 == 65_535 { (before, inside) = (sum, 0) }
            return sum
        }
        return "\(sums.map(\.bitPattern) == own.map(\.bitPattern)) "
            + "\(others.map(\.bitPattern) == own.map(\.bitPattern))"
    }
    await tell("running maximum") {
        let largest = try await cluster.remotely {
            $0.array([3, 1, 4, 1, 5, 9, 2]).scan(0, larger)
        }
        return try await largest.collect()
    }
    await tell("scan of none") {
        try await cluster.remotely { $0.array([Int]()).prefixSums }.collect()
    }
}

private func tellWindows(_ cluster: Cluster) async throws {
    await tell("windows") {
        let numbers = Array(0..<50_000)
        let sums = try await cluster.remotely { remote in
            remote.array(numbers).windows(of: 3).map(windowSum).stored()
        }
        let own = (0..<49_998).map { $0 + $0 + 1 + $0 + 2 }
        return try await sums.collect() == own
    }
    await tell("windows over many pages") {
        let texts = (0..<10).map { "\($0)" }
        let windows = try await cluster.remotely { remote in
            remote.array(texts).windows(of: 7).map(joinedText).collected()
        }
        return try await windows.value
    }
    await tell("windows that do not fit") {
        try await cluster.remotely { $0.array([1, 2]).windows(of: 3).count }.value
    }
}

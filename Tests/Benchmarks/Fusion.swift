// fusion: what a chain costs against a loop written by hand, each in the one slot of a worker, in
// one run. extra.speed is hand-written time over ours: 1 is as fast.

import Glibc
import Swoop

@Remote func square(_ i: Int) -> Double {
    let x = Double(i)
    return x * x
}

/// The same sum, by hand.
@Remote func squaresByHand(_ count: Int) -> Double {
    var sum = 0.0
    for i in 0..<count {
        let x = Double(i)
        sum += x * x
    }
    return sum
}

/// A trade: three columns of a page, two of which the loop reads.
@Record struct Trade {
    var price: Double
    var quantity: Int32
    var venue: Int32
}

@Remote func isLarge(_ trade: Trade) -> Bool { trade.quantity > 500 }
@Remote func volume(_ trade: Trade) -> Double { trade.price * Double(trade.quantity) }

private func trade(_ i: Int) -> Trade {
    let mixed = i &* 2_654_435_761 % 1_000_003
    return Trade(
        price: 1 + Double(mixed % 1_000) / 100, quantity: Int32(truncatingIfNeeded: mixed % 1_000),
        venue: Int32(truncatingIfNeeded: mixed % 7))
}

/// The same volume, by hand, over columns of its own; answers with the seconds of the loop alone.
@Remote func volumeByHand(_ count: Int) -> [Double] {
    let trades = (0..<count).map(trade)
    let prices = trades.map(\.price)
    let quantities = trades.map(\.quantity)
    var best = Double.infinity
    var sum = 0.0
    for _ in 0..<5 {
        let began = seconds()
        for _ in 0..<passes {
            sum = 0
            for i in 0..<count where quantities[i] > 500 {
                sum += prices[i] * Double(quantities[i])
            }
            keep(sum)
        }
        best = min(best, (seconds() - began) / Double(passes))
    }
    return [best, sum]
}

/// Passes over the records in one plan: the round trip of a plan is not what is measured here.
private let passes = 8

/// Uses a value, so that the loop that made it is not left out.
@inline(never) private func keep(_ value: Double) {}

enum Fusion {
    static func run() async throws {
        var options = LocalOptions()
        options.cores = 1
        try await withCluster(.local(options)) { cluster in
            if isWanted("squares") { try await squares(on: cluster) }
            if isWanted("records") { try await volumes(on: cluster) }
            try await FusionRows(cluster: cluster).run()
        }
    }

    /// Whether a row is to be measured: all of them, or those that SWOOP_BENCH_ROWS names, with
    /// commas between them.
    static func isWanted(_ row: String) -> Bool {
        guard let rows = variable("SWOOP_BENCH_ROWS") else { return true }
        return rows.split(separator: ",").contains { $0 == row }
    }

    private static func squares(on cluster: Cluster) async throws {
        let count = 100_000_000
        var ours: [Double] = []
        var hand: [Double] = []
        for _ in 0..<(repetitions + 1) {
            hand.append(
                try await timed {
                    _ = try await cluster.remotely { $0.call(squaresByHand, count) }.value
                })
            ours.append(
                try await timed {
                    let sum = try await cluster.remotely { $0.range(0..<count).map(square).sum }
                        .value
                    guard abs(sum - 3.33333328333333e23) < 1e17 else { throw WrongAnswer() }
                })
        }
        report("fusion", "swoop:squares", count, ours: ours, hand: hand)
    }

    private static func volumes(on cluster: Cluster) async throws {
        let count = 40_000_000
        let array = try await cluster.remotely { remote in remote.array((0..<count).map(trade)) }
        try await array.wait()
        var ours: [Double] = []
        var hand: [Double] = []
        for _ in 0..<(repetitions + 1) {
            let byHand = try await cluster.remotely { $0.call(volumeByHand, count) }.value
            hand.append(byHand[0])
            var sum = 0.0
            var best = Double.infinity
            for _ in 0..<5 {
                let time = try await timed {
                    let sums = try await cluster.remotely { _ in
                        (0..<passes).map { _ in array.filter(isLarge).map(volume).sum }
                    }
                    for pass in sums { sum = try await pass.value }
                }
                best = min(best, time / Double(passes))
            }
            guard abs(sum - byHand[1]) < 1e-6 * sum else { throw WrongAnswer() }
            ours.append(best)
        }
        report("fusion", "swoop:records", count, ours: ours, hand: hand)
    }

    static func report(
        _ workload: String, _ peer: String, _ count: Int, ours: [Double], hand: [Double]
    ) {
        let ours = Array(ours.dropFirst())
        let hand = Array(hand.dropFirst())
        let ratio = hand.sorted()[hand.count / 2] / ours.sorted()[ours.count / 2]
        emit(
            workload, peer, n: count, seconds: ours,
            extra: [("speed", ratio), ("hand_s", hand.sorted()[hand.count / 2])])
    }
}

// sums: integers added up over an array, over a range and by groups, on one slot, beside a loop
// written by hand that adds without a check. extra.speed is hand-written time over ours.

import Swoop

@Remote func lowSixBits(_ i: Int) -> Int { i & 63 }
@Remote func itsOwn(_ i: Int) -> Int { i }

/// Adds up as many integers as told, in place; answers with the seconds of the loop alone.
@Remote func sumByHand(_ count: Int) -> [Double] {
    let numbers = Array(0..<count)
    var best = Double.infinity
    for _ in 0..<5 {
        let began = seconds()
        var sum = 0
        for number in numbers { sum &+= number }
        keep(sum)
        best = min(best, seconds() - began)
    }
    return [best]
}

/// Uses a value, so that the loop that made it is not left out.
@inline(never) private func keep(_ value: Int) {}

enum IntegerSums {
    private static let count = 24_000_000

    static func run() async throws {
        var options = LocalOptions()
        options.cores = 1
        options.learns = false
        options.showsOutput = false
        try await withCluster(.local(options)) { cluster in
            let total = count * (count - 1) / 2
            let array = try await cluster.remotely { $0.range(0..<count).stored() }
            try await array.wait()
            let hand = try await measured {
                try await cluster.remotely { $0.call(sumByHand, count) }.value[0]
            }
            report(
                "array", hand,
                try await measured {
                    try await timed {
                        let sum = try await cluster.remotely { _ in array.chain.sum }.value
                        guard sum == total else { throw WrongAnswer() }
                    }
                })
            report(
                "range", hand,
                try await measured {
                    try await timed {
                        let sum = try await cluster.remotely { $0.range(0..<count).map(itsOwn).sum }
                            .value
                        guard sum == total else { throw WrongAnswer() }
                    }
                })
            report(
                "grouped", hand,
                try await measured {
                    try await timed {
                        let groups = try await cluster.remotely { _ in
                            array.chain.grouped(by: lowSixBits, .summing(of: itsOwn))
                        }.collect()
                        guard groups.reduce(0, { $0 + $1.second }) == total else {
                            throw WrongAnswer()
                        }
                    }
                })
        }
    }

    private static func measured(_ body: () async throws -> Double) async throws -> [Double] {
        var all: [Double] = []
        for _ in 0...2 * repetitions { all.append(try await body()) }
        return all
    }

    private static func report(_ name: String, _ hand: [Double], _ ours: [Double]) {
        Fusion.report("sums", "swoop:\(name)", count, ours: ours, hand: hand)
    }
}

// The rows of `fusion` beyond the first two: a chain each, over data that the cluster made, beside
// the loop of FusionByHand.swift in the same worker.

import Swoop

/// Numbers without a pattern that a processor could learn.
private func mixed(_ i: Int) -> Int {
    var bits = UInt64(truncatingIfNeeded: i) &* 0x9e37_79b9_7f4a_7c15
    bits = (bits ^ bits >> 32) &* 0xbf58_476d_1ce4_e5b9
    return Int((bits ^ bits >> 29) >> 1)
}

func level(_ i: Int) -> Double { Double(mixed(i) % 1_000) }
func otherLevel(_ i: Int) -> Double { Double(i &* 40_503 % 1_000) }

@Remote func madeLevel(_ i: Int) -> Double { level(i) }
@Remote func madeOtherLevel(_ i: Int) -> Double { otherLevel(i) }
@Remote func risen(_ level: Double) -> Double { level * level + 1 }
@Remote func isHigh(_ level: Double) -> Bool { level > 500 }
@Remote func few(_ i: Int) -> Range<Int> { i..<i + i % 12 }
@Remote func product(_ pair: Pair<Double, Double>) -> Double { pair.first * pair.second }
@Remote func weighted(_ pair: Pair<Int, Double>) -> Double {
    Double(pair.first & 0xff) * pair.second
}

@Remote func madeWhole(_ i: Int) -> Int { mixed(i) % 1_000_000 - 400_000 }
@Remote func shifted(_ i: Int) -> Int { i ^ 5 }
@Remote func remainder(_ whole: Int) -> Int { whole & 1_023 }
@Remote func same(_ whole: Int) -> Int { whole }
@Remote func wholeSum(_ group: Pair<Int, Int>) -> Int { group.second }

/// A sale, with a text that most chains do not look at.
@Record struct Sale {
    var customer: String
    var shop: Int
    var amount: Double
}

func sale(_ i: Int) -> Sale {
    Sale(customer: customerName(i), shop: shopNumber(i), amount: amountPaid(i))
}

func customerName(_ i: Int) -> String { "customer number \(mixed(i) % 1_000)" }
func shopNumber(_ i: Int) -> Int { mixed(i) % 997 * 1_000_003 }
func amountPaid(_ i: Int) -> Double { Double(i % 1_013) }

@Remote func madeSale(_ i: Int) -> Sale { sale(i) }
@Remote func amount(_ sale: Sale) -> Double { sale.amount }
@Remote func shop(_ sale: Sale) -> Int { sale.shop }
@Remote func total(_ page: PageView<Double>) -> Double {
    page.withSpan { levels in
        var sum = 0.0
        for index in levels.indices { sum += levels[index] * levels[index] + 1 }
        return sum
    }
}
@Remote func customerOfRow(_ sale: RowView<Sale>) -> TextSlice { sale.customer }
@Remote func amountOfRow(_ sale: RowView<Sale>) -> Double { sale.amount }
@Remote func customerSum(_ group: Pair<String, Double>) -> Double { group.second }
@Remote func groupSum(_ group: Pair<Int, Double>) -> Double { group.second }
@Remote func fraction(_ i: Int) -> Double { Double(i & 0xff) }

/// One row: a chain recorded some times over in one plan, so that a plan's round trip is not what
/// is measured, and a loop by hand.
struct FusionRows {
    let cluster: Cluster
    let count = 24_000_000
    static let passes = 24

    func run() async throws {
        let count = count
        let (levels, others, sales) = try await cluster.remotely { remote in
            (
                remote.range(0..<count).map(madeLevel).stored(),
                remote.range(0..<count).map(madeOtherLevel).stored(),
                remote.range(0..<count / 2).map(madeSale).stored()
            )
        }
        try await levels.wait()
        try await others.wait()
        try await sales.wait()
        try await integers()
        try await row("map", mapByHand) { _ in levels.map(risen).sum }
        try await row("pages", mapByHand) { _ in levels.pages.map(total).sum }
        try await row("filter", filterByHand) { _ in levels.filter(isHigh).sum }
        try await row("flatMap", flatMapByHand) { remote in
            remote.range(0..<count).flatMap(few).map(fraction).sum
        }
        try await row("zip", zipByHand) { _ in levels.zip(others).map(product).sum }
        try await row("enumerated", enumeratedByHand) { _ in
            levels.enumerated().map(weighted).sum
        }
        try await row("one column of three", columnByHand, count: count / 2) { _ in
            sales.map(amount).sum
        }
        try await row("grouped by integer", groupedByHand, count: count / 2) { _ in
            sales.chain.grouped(by: shop, .summing(of: amount)).chain.map(groupSum).sum
        }
        try await row("grouped by text", groupedTextByHand, count: count / 2) { _ in
            sales.rows.grouped(by: customerOfRow, .summing(of: amountOfRow)).chain
                .map(customerSum).sum
        }
    }

    /// Sums of integers that lie in pages, that a range gives, and of each key.
    private func integers() async throws {
        let count = count
        let whole = try await cluster.remotely { $0.range(0..<count).map(madeWhole).stored() }
        try await whole.wait()
        try await row("integers", integersByHand) { _ in whole.chain.sum }
        try await row("integers of a range", integerRangeByHand) { remote in
            remote.range(0..<count).map(shifted).sum
        }
        try await row("integers grouped", integersGroupedByHand) { _ in
            whole.chain.grouped(by: remainder, .summing(of: same)).chain.map(wholeSum).sum
        }
    }

    private func row<ByHand: _RemoteFunction1, Sum: RemoteValue>(
        _ name: String, _ byHand: ByHand, count: Int? = nil,
        _ chain: (RemoteScope) -> Proxy<Sum>
    ) async throws where ByHand.A0 == Int, ByHand.Result == [Double] {
        guard Fusion.isWanted(name) else { return }
        let count = count ?? self.count
        var ours: [Double] = []
        var hand: [Double] = []
        for _ in 0..<(repetitions + 1) {
            let answer = try await cluster.remotely { $0.call(byHand, count) }.value
            hand.append(answer[0])
            var best = Double.infinity
            for _ in 0..<3 {
                var sum = 0.0
                let time = try await timed {
                    let sums = try await cluster.remotely { remote in
                        (0..<Self.passes).map { _ in chain(remote) }
                    }
                    for pass in sums { sum = number(try await pass.value) }
                }
                guard abs(sum - answer[1]) <= 1e-9 * abs(sum) else { throw WrongAnswer() }
                best = min(best, time / Double(Self.passes))
            }
            ours.append(best)
        }
        Fusion.report("fusion", "swoop:\(name)", count, ours: ours, hand: hand)
    }

    private func number<Sum>(_ sum: Sum) -> Double {
        (sum as? Double) ?? (sum as? Int).map { Double($0) } ?? .nan
    }
}

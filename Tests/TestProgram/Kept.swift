// What one program keeps in a cluster that stands, and another one finds there.

import Swoop

/// A record that both programs have.
@Record struct KeptSale: Equatable {
    var shop: Int
    var amount: Double
}

/// The same name in a program whose type is another one.
enum Changed {
    @Record struct KeptSale {
        var shop: Int
        var amount: Int
    }
}

/// One that is merely `Codable`.
struct KeptModel: Codable, Equatable, Sendable {
    var weights: [Double]
}

@Remote func saleOf(_ i: Int) -> KeptSale { KeptSale(shop: i % 7, amount: Double(i % 100)) }
@Remote func amountOf(_ sale: KeptSale) -> Double { sale.amount }
@Remote func trained(_ steps: Int) -> KeptModel { KeptModel(weights: [Double(steps), 0.5]) }

private let sales = 0..<40_000

/// Keeps arrays and values: `keep CLUSTER`.
func tellKeeping(in name: String) async throws {
    try await withCluster(.connected(name)) { cluster in
        let made = try await cluster.remotely { $0.range(sales).map(saleOf).stored() }
        await tell("sales") { try await cluster.keep(made, as: "sales") }
        await tell("taken") { try await cluster.keep(made, as: "sales") }
        await tell("replaced") { try await cluster.keep(made, as: "sales", replacing: true) }
        await tell("local") { try await cluster.keep([2.5, 3.5], as: "rates") }
        await tell("empty") { try await cluster.keep([Int](), as: "none") }
        let sum = try await cluster.remotely { _ in made.map(amountOf).sum }
        await tell("value") { try await cluster.keep(sum, as: "total") }
        let half = try await cluster.remotely { _ in sum / 2 }
        await tell("arithmetic") { try await cluster.keep(half, as: "half") }
        let model = try await cluster.remotely { $0.call(trained, 12) }
        await tell("model") { try await cluster.keep(model, as: "models/first") }
        await tell("wrong name") { try await cluster.keep(sum, as: "two words") }
        let failed = try await cluster.remotely { $0.call(examine, 3) }
        await tell("failed") { try await cluster.keep(failed, as: "failed") }
        tell("kept", cluster.kept.map(\.description).joined(separator: "; "))
    }
}

/// Reads what another program kept: `kept CLUSTER`.
func tellKept(in name: String) async throws {
    try await withCluster(.connected(name)) { cluster in
        await tell("sum") {
            try await cluster.remotely {
                $0.kept("sales", of: KeptSale.self).map(\.amount).sum
            }.value
        }
        let again = try await cluster.remotely { $0.kept("sales", of: KeptSale.self) }
        await tell("elements") {
            let all = try await again.values
            return "\(all.count) \(all == sales.map(saleOf))"
        }
        await tell("in a later plan") { try await cluster.remotely { _ in again.count }.value }
        await tell("rates") {
            try await cluster.remotely { $0.kept("rates", of: Double.self) }.values
        }
        await tell("none") {
            try await cluster.remotely { $0.kept("none", of: Int.self).count }.value
        }
        await tell("total") {
            try await cluster.remotely { $0.kept("total", as: Double.self) + 1 }.value
        }
        await tell("half") {
            try await cluster.remotely { $0.kept("half", as: Double.self) }.value
        }
        await tell("model") {
            try await cluster.remotely { $0.kept("models/first", as: KeptModel.self) }.value
        }
        await tell("unknown") {
            try await cluster.remotely { $0.kept("sails", of: KeptSale.self).count }.value
        }
        await tell("other layout") {
            try await cluster.remotely { $0.kept("sales", of: Changed.KeptSale.self).count }.value
        }
        await tell("other type") {
            try await cluster.remotely { $0.kept("sales", of: String.self).count }.value
        }
        await tell("a value as an array") {
            try await cluster.remotely { $0.kept("total", of: Double.self).count }.value
        }
        await tell("an array as a value") {
            try await cluster.remotely { $0.kept("rates", as: [Double].self) }.value
        }
        let late = cluster.plan { $0.kept("half", as: Double.self) }
        await tell("freed") { try await cluster.free(kept: "half") }
        await tell("freed before the run") { try await late.run().value }
        await tell("freed twice") { try await cluster.free(kept: "half") }
        await tell("still held") { try await again.values.count }
    }
}

private let manyDigits = 0..<6_000_000
@Remote func digitsOf(_ i: Int) -> Int { i % 1_000 }

/// Keeps more than the nodes' memory: `keep-large CLUSTER`.
func tellKeepingLarge(in name: String) async throws {
    try await withCluster(.connected(name)) { cluster in
        let made = try await cluster.remotely { $0.range(manyDigits).map(digitsOf).stored() }
        await tell("large") { try await cluster.keep(made, as: "large") }
    }
}

/// Reads it, and looks at a plan before it does: `kept-large CLUSTER`.
func tellKeptLarge(in name: String) async throws {
    try await withCluster(.connected(name)) { cluster in
        let plan = cluster.plan { $0.kept("large", of: Int.self).map(digitsOf).sum }
        tell("tasks", plan.taskCount)
        tell("plan", plan)
        await tell("estimate") { "\(try await plan.estimate())" }
        await tell("sum") { try await plan.run().value }
        await tell("first") {
            try await cluster.remotely { $0.kept("large", of: Int.self).prefix(3) }.value
        }
    }
}

/// What a cluster that ends with its program says of keeping.
func tellKeepsNothing() async throws {
    for spec in [ClusterSpec.inline, .local] {
        try await withCluster(spec) { cluster in
            await tell("keep") { try await cluster.keep([1, 2], as: "numbers") }
            await tell("kept") {
                try await cluster.remotely { $0.kept("numbers", of: Int.self) }.values
            }
            tell("there", cluster.kept.count)
        }
    }
}

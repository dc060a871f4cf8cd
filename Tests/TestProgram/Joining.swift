// What has the same key brought together: whole groups, joins and single ones, each against the
// same by hand.

import Glibc
import Swoop

@Record struct Payment: Equatable {
    var person: Int
    var vendor: String
    var cents: Int
}

@Record struct Customer: Equatable {
    var number: Int
    var name: String
}

@Record struct Statement: Equatable {
    var person: Int
    var payments: [Payment]
}

@Remote func payment(_ i: Int) -> Payment {
    let mixed = i &* 48_271 % 2_147_483_647
    // Every third payment is of one person.
    return Payment(
        person: i % 3 == 0 ? 1 : mixed % 5_003, vendor: "vendor \(mixed % 41)",
        cents: mixed % 10_007)
}
@Remote func customer(_ i: Int) -> Customer { Customer(number: i * 2, name: "person \(i * 2)") }
@Remote func payer(_ payment: Payment) -> Int { payment.person }
@Remote func vendor(_ payment: Payment) -> String { payment.vendor }
@Remote func customerNumber(_ person: Customer) -> Int { person.number }
@Remote func statement(_ group: Group<Int, Payment>) -> Statement {
    Statement(person: group.key, payments: Array(group))
}
@Remote func payments(_ statement: Statement) -> [Payment] { statement.payments }
@Remote func vendorTotal(_ group: Group<String, Payment>) -> Pair<String, Int> {
    Pair(group.key, group.reduce(0) { $0 + $1.cents } * 1_000 + group.count % 1_000)
}
@Remote func inWords(_ pair: Pair<Payment, Customer>) -> String {
    "\(pair.first.person) \(pair.first.cents) \(pair.second.name)"
}
@Remote func inWordsOrNot(_ pair: Pair<Payment, Customer?>) -> String {
    "\(pair.first.person) \(pair.first.cents) \(pair.second?.name ?? "nobody")"
}
@Remote func remainder(_ i: Int) -> Int { i &* 48_271 % 4_099 }

/// What is told of so many payments, with so many bytes of pages.
func tellJoins(_ arguments: [String]) async throws {
    var options = LocalOptions()
    options.cores = 2
    options.learns = false
    let count = Int(arguments[0]) ?? 1
    if let budget = Int(arguments[1]), budget > 0 { options.pageBudget = budget }
    try await withCluster(.local(options)) { cluster in
        let all = (0..<count).map { payment($0) }
        try await tellGroups(cluster, all)
        try await tellPairs(cluster, all)
        await tell("each number once") {
            let once = try await cluster.remotely { remote in
                remote.range(0..<count).map(remainder).distinct()
            }
            return try await once.collect() == Set((0..<count).map { remainder($0) }).sorted()
        }
    }
}

private func tellGroups(_ cluster: Cluster, _ all: [Payment]) async throws {
    let count = all.count
    await tell("transactions by person") {
        let statements = try await cluster.remotely { remote in
            remote.range(0..<count).map(payment).grouped(by: payer).map(statement).stored()
        }
        let expected = Dictionary(grouping: all, by: \.person).sorted { $0.key < $1.key }
        return try await statements.collect()
            == expected.map { Statement(person: $0.key, payments: $0.value) }
    }
    await tell("then by vendor") {
        let totals = try await cluster.remotely { remote in
            remote.range(0..<count).map(payment).grouped(by: payer).map(statement).stored()
                .flatMap(payments).grouped(by: vendor).map(vendorTotal).stored()
        }
        let expected = Dictionary(grouping: all, by: \.vendor).mapValues { group in
            group.reduce(0) { $0 + $1.cents } * 1_000 + group.count % 1_000
        }
        let pairs = try await totals.collect()
        return pairs.map(\.first) == expected.keys.sorted()
            && pairs.allSatisfy { expected[$0.first] == $0.second }
    }
}

private func tellPairs(_ cluster: Cluster, _ all: [Payment]) async throws {
    let count = all.count
    let people = (0..<2_000).map { customer($0) }
    let names = Dictionary(uniqueKeysWithValues: people.map { ($0.number, $0.name) })
    await tell("joined") {
        let words = try await cluster.remotely { remote in
            remote.range(0..<count).map(payment)
                .joined(with: remote.range(0..<2_000).map(customer), on: payer, customerNumber)
                .map(inWords).stored()
        }
        return try await words.collect()
            == all.compactMap { payment in
                names[payment.person].map { "\(payment.person) \(payment.cents) \($0)" }
            }
    }
    await tell("left joined") {
        let words = try await cluster.remotely { remote in
            remote.array(all).leftJoined(with: remote.array(people), on: payer, customerNumber)
                .map(inWordsOrNot).stored()
        }
        return try await words.collect()
            == all.map {
                "\($0.person) \($0.cents) \(names[$0.person] ?? "nobody")"
            }
    }
    await tell("several on both sides") {
        let pairs = try await cluster.remotely { remote in
            remote.range(0..<300).map(payment)
                .joined(with: remote.range(0..<200).map(payment), on: vendor, vendor).count
        }
        let right = Dictionary(grouping: all.prefix(200), by: \.vendor)
        return try await pairs.value
            == all.prefix(300).reduce(0) { $0 + (right[$1.vendor]?.count ?? 0) }
    }
}

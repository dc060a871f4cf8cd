// A sort of very many small records on two agents that have less memory than they need: the order
// and the sums are checked where the records are.

import Swoop

/// Four numbers, 32 bytes.
@Record struct Quad {
    var key: Int
    var number: Int
    var third: Int
    var fourth: Int
}

@Remote func quad(_ number: Int) -> Quad {
    let key = number &* 48_271 % 2_147_483_647
    return Quad(key: key, number: number, third: key ^ number, fourth: ~number)
}

@Remote func quadKey(_ quad: Quad) -> Int { quad.key }

/// What a page of sorted records says: whether they are in order and whole, the first and the last
/// key, how many they are, and the sum of their numbers.
@Remote func quadPage(_ page: PageView<Quad>) -> [Int] {
    var last = Int.min
    var isRight = true
    var sum = 0
    page.forEach { quad in
        if quad.key < last || quad.third != quad.key ^ quad.number || quad.fourth != ~quad.number {
            isRight = false
        }
        last = quad.key
        sum &+= quad.number
    }
    guard page.count > 0 else { return [] }
    return [isRight ? 1 : 0, page[0].key, last, page.count, sum]
}

/// Sorts so many records on two agents with so many bytes of pages each: `many-sorts COUNT BYTES`.
func tellManySorts(_ arguments: [String]) async throws {
    guard arguments.count == 2, let count = Int(arguments[0]), let budget = Int(arguments[1])
    else { return tell("usage", "many-sorts COUNT BYTES") }
    try await withAgents(2, pageBudget: budget) { cluster, _ in
        await tell("sorted") {
            let pages = try await cluster.remotely { remote in
                remote.range(0..<count).map(quad).sorted(by: quadKey).stored()
            }
            try await pages.wait()
            let told = try await cluster.remotely { _ in pages.pages.map(quadPage).collected() }
                .value.filter { !$0.isEmpty }
            let isOrdered = zip(told, told.dropFirst()).allSatisfy { $0[2] <= $1[1] }
            return isOrdered && told.allSatisfy { $0[0] == 1 }
                && told.reduce(0) { $0 + $1[3] } == count
                && told.reduce(0) { $0 &+ $1[4] } == count * (count - 1) / 2
        }
        for try await usage in cluster.usage where usage.nodes.count == 2 {
            tell("within memory", usage.nodes.allSatisfy { $0.residentBytes <= Int64(budget) })
            break
        }
    }
}

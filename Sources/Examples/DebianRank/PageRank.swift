// PageRank over the packages: the graph in parts that are about equal in work, and one round over a
// part. The parts and the order of every sum follow from the graph alone, so the ranks are the same
// to the last bit on any number of cores.

import Swoop

/// The dependency graph, turned round: for each package, who depends on it.
@Record struct DependencyGraph: Equatable {
    /// Those who depend on package `n` are `dependents[offsets[n]..<offsets[n + 1]]`, in rising
    /// order.
    var offsets: [Int32]
    var dependents: [Int32]
    /// How many packages each package depends on.
    var dependencyCounts: [Int32]
}

/// Some packages, one after the other, and what a round needs to know of them.
@Record struct GraphPart: Equatable {
    /// The number of the first package.
    var first: Int
    /// Those who depend on the `i`th package are `dependents[offsets[i]..<offsets[i + 1]]`.
    var offsets: [Int32]
    var dependents: [Int32]
    /// Of each dependent, the share of its rank that it hands to one dependency.
    var shares: [Double]
    /// Packages of this part that depend on nothing: what they have goes to all alike.
    var independents: [Int32]
}

/// The share of rank that follows dependencies; the rest goes to all packages alike.
package let damping = 0.85
/// Ranks that change less in a round are the answer.
package let convergence = 1e-9
/// Parts of the graph: tasks of a round.
package let partCount = 8

// MARK: The graph

/// Makes the graph of the packages' links.
@Remote func graph(_ links: [Links]) -> DependencyGraph {
    let count = 1 + links.reduce(-1) { max($0, Int($1.number)) }
    var dependenciesOf = [[Int32]](repeating: [], count: count)
    for link in links { dependenciesOf[Int(link.number)] = link.dependencies }
    var offsets = [Int32](repeating: 0, count: count + 1)
    for dependency in dependenciesOf.joined() { offsets[Int(dependency) + 1] += 1 }
    for index in 0..<count { offsets[index + 1] += offsets[index] }
    var dependents = [Int32](repeating: 0, count: Int(offsets[count]))
    var next = offsets
    for number in 0..<count {
        for dependency in dependenciesOf[number] {
            dependents[Int(next[Int(dependency)])] = Int32(number)
            next[Int(dependency)] += 1
        }
    }
    return DependencyGraph(
        offsets: offsets, dependents: dependents,
        dependencyCounts: dependenciesOf.map { Int32($0.count) })
}

/// The packages of a part: a package costs a step, and each of its dependents one.
package func packages(ofPart part: Int, offsets: [Int32]) -> Range<Int> {
    let count = offsets.count - 1
    let work = count + Int(offsets[count])
    func cut(_ part: Int) -> Int {
        if part == partCount { return count }
        let goal = work * part / partCount
        return offsets.indices.first { $0 + Int(offsets[$0]) >= goal } ?? count
    }
    return cut(part)..<cut(part + 1)
}

/// Cuts a part out of the graph.
@Remote func cut(_ part: Int, _ graph: DependencyGraph) -> GraphPart {
    let range = packages(ofPart: part, offsets: graph.offsets)
    let start = graph.offsets[range.lowerBound]
    let dependents = Array(graph.dependents[Int(start)..<Int(graph.offsets[range.upperBound])])
    return GraphPart(
        first: range.lowerBound,
        offsets: graph.offsets[range.lowerBound...range.upperBound].map { $0 - start },
        dependents: dependents,
        shares: dependents.map { 1 / Double(graph.dependencyCounts[Int($0)]) },
        independents: range.filter { graph.dependencyCounts[$0] == 0 }.map { Int32($0) })
}

// MARK: Rounds

/// The ranks before the first round: all alike.
@Remote func firstRanks(_ graph: DependencyGraph) -> Ranks {
    let count = graph.dependencyCounts.count
    let independents = graph.dependencyCounts.count { $0 == 0 }
    return Ranks(
        ranks: Array(repeating: 1 / Double(count), count: count),
        independentRank: Double(independents) / Double(count), change: 1, rounds: 0)
}

/// A round over one part: the new ranks of its packages, and its share of the sums.
@Remote func newRanks(_ part: GraphPart, _ old: Ranks) -> Ranks {
    let count = Double(old.ranks.count)
    let forAll = (1 - damping) / count + damping * old.independentRank / count
    var new = Ranks(ranks: [], independentRank: 0, change: 0, rounds: old.rounds + 1)
    new.ranks.reserveCapacity(part.offsets.count - 1)
    for index in 0..<part.offsets.count - 1 {
        var handed = 0.0
        for place in Int(part.offsets[index])..<Int(part.offsets[index + 1]) {
            handed += old.ranks[Int(part.dependents[place])] * part.shares[place]
        }
        let rank = forAll + damping * handed
        new.change += abs(rank - old.ranks[part.first + index])
        new.ranks.append(rank)
    }
    for number in part.independents { new.independentRank += new.ranks[Int(number) - part.first] }
    return new
}

/// Puts the parts of a round together, in the order of the parts.
@Remote func together(_ parts: [Ranks]) -> Ranks {
    var all = Ranks(ranks: [], independentRank: 0, change: 0, rounds: parts.first?.rounds ?? 0)
    all.ranks.reserveCapacity(parts.reduce(0) { $0 + $1.ranks.count })
    for part in parts {
        all.ranks += part.ranks
        all.independentRank += part.independentRank
        all.change += part.change
    }
    return all
}

/// Whether another round would change nothing worth having.
@Remote func isConverged(_ ranks: Ranks) -> Bool { ranks.change < convergence }

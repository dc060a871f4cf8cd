// The plan: from the text of a package index to the sections, the ranks and the highest packages.
// This is the whole of what a program says to Swoop; the functions are in Packages.swift and
// PageRank.swift.

package import Swoop

/// The ranks of all packages after a round; they add up to 1.
@Record package struct Ranks: Equatable {
    /// The rank of each package, by its number.
    package var ranks: [Double]
    /// The part of all rank that is held by packages that depend on nothing.
    package var independentRank: Double
    /// By how much the round changed the ranks, all changes added up.
    package var change: Double
    /// Rounds made.
    package var rounds: Int
}

/// A package with its rank.
@Record package struct Standing: Equatable {
    package var name: String
    package var rank: Double
    /// How many packages depend on it.
    package var dependents: Int
}

/// How large the graph is.
@Record package struct GraphSize: Equatable {
    package var packages: Int
    package var dependencies: Int
}

/// A section, the number of its packages and their size in KiB.
package typealias Section = Pair<String, Pair<Int, Int>>

/// What the plan makes.
package struct Ranking: Sendable {
    /// The sections, ordered by name.
    package var sections: ProxyArray<Section>
    /// All ranks.
    package var ranks: Proxy<Ranks>
    /// Rounds until the ranks had converged, and the last change.
    package var ending: Proxy<Pair<Int, Double>>
    /// The highest packages, the highest first.
    package var highest: Proxy<[Standing]>
    /// How large the graph is.
    package var size: Proxy<GraphSize>
    /// What the index holds, repeated names included.
    package var stanzas: Proxy<Int>
}

/// The plan that ranks the packages of an index; `top` packages are named.
package func rankingPlan(of index: String, top: Int, on cluster: Cluster) -> Plan<Ranking> {
    cluster.plan { remote in
        let packages = remote.stanzas(index).compactMap(parse).stored()
        let entries = catalogue(packages.map(identity).collected())
        let linked = packages.chain.compactMap(link.with(entries)).stored()

        let whole = graph(linked.map(links).collected())
        let parts = (0..<partCount).map { cut($0, whole) }
        let ranks = remote.iterate(
            from: firstRanks(whole), limit: 100, until: isConverged
        ) { old in
            together(parts.map { newRanks($0, old) })
        }
        return Ranking(
            sections: linked.chain.grouped(
                by: section, .both(.counting(), .summing(of: installedKibibytes))),
            ranks: ranks, ending: ending(ranks),
            highest: highest(ranks, entries, whole, remote.value(top)), size: size(whole),
            stanzas: packages.count)
    }
}

/// The highest packages; equal ones in the order of their names.
@Remote func highest(
    _ ranks: Ranks, _ entries: [String: CatalogueEntry], _ graph: DependencyGraph, _ top: Int
) -> [Standing] {
    let all = entries.map { name, entry in
        let number = Int(entry.number)
        return Standing(
            name: name, rank: ranks.ranks[number],
            dependents: Int(graph.offsets[number + 1] - graph.offsets[number]))
    }
    let sorted = all.sorted { left, right in
        left.rank == right.rank ? left.name < right.name : left.rank > right.rank
    }
    return Array(sorted.prefix(top))
}

/// Rounds made, and what the last one changed.
@Remote func ending(_ ranks: Ranks) -> Pair<Int, Double> { Pair(ranks.rounds, ranks.change) }

/// How large the graph is.
@Remote func size(_ graph: DependencyGraph) -> GraphSize {
    GraphSize(packages: graph.dependencyCounts.count, dependencies: graph.dependents.count)
}

// Plots of stored collections: what is drawn is made in the cluster, and only that comes here.

public import Swoop
public import SwoopDisplay

/// The part of a range that a value lies in; nil: it is no number.
private func part(of value: Double, _ low: Double, _ width: Double, _ count: Int) -> Int? {
    guard value.isFinite else { return nil }
    return min(count - 1, max(0, Int((value - low) / width)))
}

extension Plot {
    /// A histogram of a stored collection: it is counted in the cluster, and the counts come here.
    ///
    /// - Throws: as `ProxyArray.values`.
    public static func histogram(
        _ values: ProxyArray<Double>, bins: Int = 30
    ) async throws -> Plot {
        let bins = min(1_000, max(1, bins))
        let (low, high) = try await values._cluster.remotely { _ in
            let numbers = values.chain.filter(#remote { (value: Double) in value.isFinite })
            return (numbers.min, numbers.max)
        }
        guard let first = try await low.value, let last = try await high.value else {
            return histogram([Double]())
        }
        let width = last > first ? (last - first) / Double(bins) : 1
        let groups = try await values._cluster.remotely { _ in
            values.chain.compactMap(
                #remote {
                    [low = first as Double, width = width as Double, bins = bins as Int]
                    (value: Double) in
                    part(of: value, low, width, bins)
                }
            ).grouped(by: #remote { (place: Int) in place }, .counting())
        }
        var counts = [Int](repeating: 0, count: bins)
        for group in try await groups.values where counts.indices.contains(group.first) {
            counts[group.first] = group.second
        }
        return histogram(counts: counts, from: first, to: last > first ? last : first + 1)
    }
}

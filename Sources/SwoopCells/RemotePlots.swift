// Plots of stored collections: what is drawn is made in the cluster, and only that comes here.

public import Swoop
public import SwoopDisplay

/// A number whose stored collections can be drawn.
public protocol RemotePlotNumber: PlotNumber, PageElement {
    /// The same numbers as an axis has them; they stay in the cluster.
    static func _plotted(_ values: ProxyArray<Self>) async throws -> ProxyArray<Double>
}

extension Double: RemotePlotNumber {
    /// Themselves.
    public static func _plotted(_ values: ProxyArray<Double>) async throws -> ProxyArray<Double> {
        values
    }
}

extension Float: RemotePlotNumber {
    /// The same numbers.
    public static func _plotted(_ values: ProxyArray<Float>) async throws -> ProxyArray<Double> {
        try await converted(values, #remote { (value: Float) in Double(value) })
    }
}

extension Int: RemotePlotNumber {
    /// The nearest numbers that an axis has.
    public static func _plotted(_ values: ProxyArray<Int>) async throws -> ProxyArray<Double> {
        try await converted(values, #remote { (value: Int) in Double(value) })
    }
}

extension UInt64: RemotePlotNumber {
    /// The nearest numbers that an axis has.
    public static func _plotted(_ values: ProxyArray<UInt64>) async throws -> ProxyArray<Double> {
        try await converted(values, #remote { (value: UInt64) in Double(value) })
    }
}

extension Int32: RemotePlotNumber {
    /// The same numbers.
    public static func _plotted(_ values: ProxyArray<Int32>) async throws -> ProxyArray<Double> {
        try await converted(values, #remote { (value: Int32) in Double(value) })
    }
}

/// What a function makes of each number; it stays in the cluster.
private func converted<Function: ElementFunction>(
    _ values: ProxyArray<Function.Input>, _ number: Function
) async throws -> ProxyArray<Double> where Function.Output == Double {
    try await values._cluster.remotely { _ in values.chain.map(number).stored() }
}

/// The part of a range that a value lies in; nil: it is no number.
private func part(of value: Double, _ low: Double, _ width: Double, _ count: Int) -> Int? {
    guard value.isFinite else { return nil }
    return Swift.min(count - 1, Swift.max(0, Int((value - low) / width)))
}

/// The cell of a grid that a place lies in, counted by rows from the lowest; -1: nowhere.
private func cell(
    of place: Pair<Double, Double>, _ left: Double, _ width: Double, _ columns: Int,
    _ bottom: Double, _ height: Double, _ rows: Int
) -> Int {
    guard let x = part(of: place.first, left, width, columns),
        let y = part(of: place.second, bottom, height, rows)
    else { return -1 }
    return y * columns + x
}

/// Equal parts of the range of some values.
private struct Parts {
    let low: Double
    let high: Double
    let count: Int
    let width: Double

    /// The values' range in so many parts; nil: there is no number among them.
    init?(_ count: Int, of values: ProxyArray<Double>) async throws {
        let (low, high) = try await values._cluster.remotely { _ in
            let numbers = values.chain.filter(#remote { (value: Double) in value.isFinite })
            return (numbers.min, numbers.max)
        }
        guard let first = try await low.value, let last = try await high.value else { return nil }
        self.low = first
        self.high = last > first ? last : first + 1
        self.count = count
        // Of a range that is no number its halves are taken apart.
        let width = self.high / Double(count) - first / Double(count)
        self.width = width > 0 ? width : 1
    }
}

/// A number of parts that can be drawn.
private func bounded(_ count: Int, _ most: Int = 1_000) -> Int {
    Swift.min(most, Swift.max(1, count))
}

extension Plot {
    /// A histogram of a stored collection: it is counted in the cluster, and the counts come here.
    ///
    /// - Throws: as `ProxyArray.values`.
    public static func histogram<Value: RemotePlotNumber>(
        _ values: ProxyArray<Value>, bins: Int = 30
    ) async throws -> Plot {
        try await counted(Value._plotted(values), bounded(bins))
    }

    // Closures for the cluster stand in functions without parameters of type: they have one place.
    private static func counted(_ values: ProxyArray<Double>, _ bins: Int) async throws -> Plot {
        guard let parts = try await Parts(bins, of: values) else { return histogram([Double]()) }
        let (low, width) = (parts.low, parts.width)
        let groups = try await values._cluster.remotely { _ in
            values.chain.compactMap(
                #remote {
                    [low = low as Double, width = width as Double, bins = bins as Int]
                    (value: Double) in
                    part(of: value, low, width, bins)
                }
            ).grouped(by: #remote { (place: Int) in place }, .counting())
        }
        var counts = [Int](repeating: 0, count: bins)
        for group in try await groups.values where counts.indices.contains(group.first) {
            counts[group.first] = group.second
        }
        return histogram(counts: counts, from: low, to: parts.high)
    }

    /// A line through a stored collection's values at 0, 1, 2 and so on.
    ///
    /// Of more values than `points`, as many equal parts are drawn by their means, which are made
    /// in the cluster.
    ///
    /// - Throws: as `ProxyArray.values`.
    public static func line<Y: RemotePlotNumber>(
        _ values: ProxyArray<Y>, name: String = "", points: Int = 500
    ) async throws -> Plot {
        let (size, points) = (try await values._size().count, bounded(points))
        guard size > points else { return line(try await values.values, name: name) }
        let means = try await means(of: Y._plotted(values), size, points)
        return line(x: means.map(\.first), y: means.map(\.second), name: name)
    }

    /// The mean of each part of a collection, and of its places.
    private static func means(
        of values: ProxyArray<Double>, _ size: Int, _ points: Int
    ) async throws -> [Pair<Double, Double>] {
        let groups = try await values._cluster.remotely { _ in
            values.enumerated().filter(
                #remote { (value: Pair<Int, Double>) in value.second.isFinite }
            ).grouped(
                by: #remote {
                    [size = size as Int, points = points as Int] (value: Pair<Int, Double>) in
                    value.first * points / size
                },
                .both(
                    .mean(of: #remote { (value: Pair<Int, Double>) in Double(value.first) }),
                    .mean(of: #remote { (value: Pair<Int, Double>) in value.second })))
        }
        return try await groups.values.map(\.second)
    }

    /// A line through the places of two stored collections, from left to right.
    ///
    /// Of more places than `points`, those within equal parts of the range of `x` are drawn by
    /// their means, which are made in the cluster.
    ///
    /// - Throws: as `ProxyArray.values`.
    public static func line<X: RemotePlotNumber, Y: RemotePlotNumber>(
        x: ProxyArray<X>, y: ProxyArray<Y>, name: String = "", points: Int = 500
    ) async throws -> Plot {
        let means = try await places(x, y, columns: bounded(points), rows: 1)
        let inOrder = means.sorted { $0.first < $1.first }
        return line(x: inOrder.map(\.first), y: inOrder.map(\.second), name: name)
    }

    /// The places of two stored collections.
    ///
    /// Of more than two thousand, those that lie close together are drawn as one, at their mean,
    /// which is made in the cluster.
    ///
    /// - Throws: as `ProxyArray.values`.
    public static func scatter<X: RemotePlotNumber, Y: RemotePlotNumber>(
        x: ProxyArray<X>, y: ProxyArray<Y>, name: String = ""
    ) async throws -> Plot {
        let means = try await places(x, y, columns: 50, rows: 40)
        return scatter(x: means.map(\.first), y: means.map(\.second), name: name)
    }

    /// The places themselves where they are no more than the cells of a grid over them, else the
    /// mean of those in each cell.
    private static func places<X: RemotePlotNumber, Y: RemotePlotNumber>(
        _ x: ProxyArray<X>, _ y: ProxyArray<Y>, columns: Int, rows: Int
    ) async throws -> [Pair<Double, Double>] {
        let (x, y) = (try await X._plotted(x), try await Y._plotted(y))
        if try await Swift.min(x._size().count, y._size().count) <= columns * rows {
            return try await Swift.zip(x.values, y.values).map { Pair($0, $1) }
        }
        let grouped = try await groups(of: x, y, columns: columns, rows: rows)
        return try await grouped?.values.map { Pair($0.second.first, $0.second.second.first) } ?? []
    }

    /// For each cell of a grid, the means of its places and how many they are.
    private static func groups(
        of x: ProxyArray<Double>, _ y: ProxyArray<Double>, columns: Int, rows: Int
    ) async throws -> ProxyArray<Pair<Int, Pair<Double, Pair<Double, Int>>>>? {
        guard let across = try await Parts(columns, of: x), let up = try await Parts(rows, of: y)
        else { return nil }
        let (left, width, bottom, height) = (across.low, across.width, up.low, up.width)
        return try await x._cluster.remotely { _ in
            x.zip(y).filter(
                #remote { (place: Pair<Double, Double>) in
                    place.first.isFinite && place.second.isFinite
                }
            ).grouped(
                by: #remote {
                    [
                        left = left as Double, width = width as Double, columns = columns as Int,
                        bottom = bottom as Double, height = height as Double, rows = rows as Int
                    ] (place: Pair<Double, Double>) in
                    cell(of: place, left, width, columns, bottom, height, rows)
                },
                .both(
                    .mean(of: #remote { (place: Pair<Double, Double>) in place.first }),
                    .both(
                        .mean(of: #remote { (place: Pair<Double, Double>) in place.second }),
                        .counting())))
        }
    }

    /// How many places of two stored collections lie in each cell of a grid over them: they are
    /// counted in the cluster.
    ///
    /// - Throws: as `ProxyArray.values`.
    public static func heatMap<X: RemotePlotNumber, Y: RemotePlotNumber>(
        x: ProxyArray<X>, y: ProxyArray<Y>, columns: Int = 48, rows: Int = 32
    ) async throws -> Plot {
        let (columns, rows) = (bounded(columns, 64), bounded(rows, 64))
        let (x, y) = (try await X._plotted(x), try await Y._plotted(y))
        var cells = [[Int]](repeating: [Int](repeating: 0, count: columns), count: rows)
        for group in try await groups(of: x, y, columns: columns, rows: rows)?.values ?? []
        where (0..<columns * rows).contains(group.first) {
            let (row, column) = group.first.quotientAndRemainder(dividingBy: columns)
            cells[rows - 1 - row][column] = group.second.second.second
        }
        return heatMap(cells)
    }

    /// A bar for each of the texts that are most frequent in a stored collection: as long as the
    /// text is often there. They are counted in the cluster.
    ///
    /// - Throws: as `ProxyArray.values`.
    public static func bars(_ labels: ProxyArray<String>, most: Int = 20) async throws -> Plot {
        let most = bounded(most)
        let top = try await labels._cluster.remotely { _ in
            labels.chain.grouped(by: #remote { (label: String) in label }, .counting())
                .chain.top(most, by: #remote { (group: Pair<String, Int>) in group.second })
        }
        let groups = try await top.value
        return bars(groups.map(\.first), groups.map(\.second))
    }

    /// A bar for each of the texts of a stored collection whose values add up to most. They are
    /// added up in the cluster.
    ///
    /// - Throws: as `ProxyArray.values`.
    public static func bars<Value: RemotePlotNumber>(
        _ labels: ProxyArray<String>, _ values: ProxyArray<Value>, most: Int = 20
    ) async throws -> Plot {
        try await added(labels, Value._plotted(values), bounded(most))
    }

    private static func added(
        _ labels: ProxyArray<String>, _ values: ProxyArray<Double>, _ most: Int
    ) async throws -> Plot {
        let top = try await labels._cluster.remotely { _ in
            labels.zip(values).grouped(
                by: #remote { (bar: Pair<String, Double>) in bar.first },
                .summing(of: #remote { (bar: Pair<String, Double>) in bar.second })
            ).chain.top(most, by: #remote { (group: Pair<String, Double>) in group.second })
        }
        let groups = try await top.value
        return bars(groups.map(\.first), groups.map(\.second))
    }
}

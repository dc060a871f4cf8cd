// A plot as a value: what is in it. PlotDrawing has how it looks.

/// A number that can be drawn.
public protocol PlotNumber {
    /// Its place on an axis.
    var plotted: Double { get }
}

extension Double: PlotNumber {
    /// Itself.
    public var plotted: Double { self }
}

extension Float: PlotNumber {
    /// The same number.
    public var plotted: Double { Double(self) }
}

extension Int: PlotNumber {
    /// The nearest number that an axis has.
    public var plotted: Double { Double(self) }
}

extension UInt64: PlotNumber {
    /// The nearest number that an axis has.
    public var plotted: Double { Double(self) }
}

extension Int32: PlotNumber {
    /// The same number.
    public var plotted: Double { Double(self) }
}

/// A plot: as a cell's last expression, or by `display`, it is drawn.
///
/// ```swift
/// Plot.line(x: sizes, y: seconds).titled("time of a sort").axes(x: "elements", y: "s")
/// ```
///
/// Numbers that are none (NaN, infinity) are left out.
public struct Plot: Hashable, Sendable {
    /// A place.
    struct Point: Hashable, Sendable {
        let x: Double
        let y: Double

        var isThere: Bool { x.isFinite && y.isFinite }
    }

    /// What is drawn.
    enum Layer: Hashable, Sendable {
        case line([Point], name: String)
        case points([Point], name: String)
        /// A bar for each label.
        case bars([String], [Double])
        /// Counts of equal parts of a range.
        case bins(from: Double, to: Double, [Double])
        /// Colours for values, the first row on top.
        case cells([[Double]])

        /// Whether there is nothing to be seen of it.
        var isEmpty: Bool {
            switch self {
            case .line(let points, _), .points(let points, _): points.isEmpty
            case .bars(_, let values), .bins(_, _, let values):
                !values.contains { $0.isFinite }
            case .cells(let rows): !rows.joined().contains { $0.isFinite }
            }
        }
    }

    var layers: [Layer]
    private(set) var title = ""
    private(set) var xName = ""
    private(set) var yName = ""

    /// The most points of a layer that are drawn: of more, one of every so many.
    static let pointsMax = 2_000
    /// The most rows and columns of a heat map: of more, several are one by their mean.
    static let cellsMax = 64

    init(_ layer: Layer) { layers = [layer] }

    // MARK: Kinds

    /// A line through points in their order.
    ///
    /// - Parameter name: what a legend calls it; empty: nothing.
    public static func line<X: PlotNumber, Y: PlotNumber>(
        x: [X], y: [Y], name: String = ""
    ) -> Plot {
        Plot(.line(points(x, y), name: name))
    }

    /// A line through values at 0, 1, 2 and so on.
    public static func line<Y: PlotNumber>(_ y: [Y], name: String = "") -> Plot {
        line(x: Array(y.indices), y: y, name: name)
    }

    /// Points.
    public static func scatter<X: PlotNumber, Y: PlotNumber>(
        x: [X], y: [Y], name: String = ""
    ) -> Plot {
        Plot(.points(points(x, y), name: name))
    }

    /// A bar for each label.
    public static func bars<Y: PlotNumber>(_ labels: [String], _ values: [Y]) -> Plot {
        let count = min(labels.count, values.count)
        return Plot(.bars(Array(labels.prefix(count)), values.prefix(count).map(\.plotted)))
    }

    /// How many values lie in each of so many equal parts of their range.
    public static func histogram<Value: PlotNumber>(_ values: [Value], bins: Int = 30) -> Plot {
        let values = values.map(\.plotted).filter(\.isFinite)
        let bins = max(1, min(bins, 1_000))
        guard let low = values.min(), let high = values.max() else {
            return Plot(.bins(from: 0, to: 1, []))
        }
        let width = (high - low) / Double(bins)
        var counts = [Double](repeating: 0, count: bins)
        for value in values {
            let place = width > 0 ? Int((value - low) / width) : 0
            counts[min(bins - 1, max(0, place))] += 1
        }
        return histogram(counts: counts, from: low, to: width > 0 ? high : low + 1)
    }

    /// Counts of equal parts of a range, where they were made before, as in the cluster.
    public static func histogram<Count: PlotNumber>(
        counts: [Count], from low: Double, to high: Double
    ) -> Plot {
        Plot(.bins(from: low, to: high, counts.map(\.plotted)))
    }

    /// A colour for each value, the first row on top.
    public static func heatMap<Value: PlotNumber>(_ rows: [[Value]]) -> Plot {
        Plot(.cells(reduced(rows.map { $0.map(\.plotted) })))
    }

    // MARK: Words, and several in one

    /// The plot with a title.
    public func titled(_ title: String) -> Plot {
        var plot = self
        plot.title = title
        return plot
    }

    /// The plot with names of its axes.
    public func axes(x: String = "", y: String = "") -> Plot {
        var plot = self
        plot.xName = x
        plot.yName = y
        return plot
    }

    /// This plot and another one over the same axes.
    public func with(_ other: Plot) -> Plot {
        var plot = self
        plot.layers += other.layers
        return plot
    }

    private static func points<X: PlotNumber, Y: PlotNumber>(_ x: [X], _ y: [Y]) -> [Point] {
        let all = zip(x, y).map { Point(x: $0.plotted, y: $1.plotted) }.filter(\.isThere)
        guard all.count > pointsMax else { return all }
        return (0..<pointsMax).map { all[$0 * (all.count - 1) / (pointsMax - 1)] }
    }

    /// Rows of one length, no more and no longer than are drawn.
    private static func reduced(_ rows: [[Double]]) -> [[Double]] {
        let width = rows.map(\.count).max() ?? 0
        guard width > 0 else { return [] }
        let rowStep = (rows.count + cellsMax - 1) / cellsMax
        let step = (width + cellsMax - 1) / cellsMax
        return stride(from: 0, to: rows.count, by: rowStep).map { top in
            stride(from: 0, to: width, by: step).map { left in
                var (sum, count) = (0.0, 0)
                for row in rows[top..<min(top + rowStep, rows.count)] {
                    for value in row[min(left, row.count)..<min(left + step, row.count)]
                    where value.isFinite {
                        sum += value
                        count += 1
                    }
                }
                return count > 0 ? sum / Double(count) : .nan
            }
        }
    }
}

extension Plot: CustomStringConvertible {
    /// What it is, for consoles, which draw nothing.
    public var description: String {
        let kinds = layers.map { layer in
            switch layer {
            case .line(let points, _): "a line of \(points.count) points"
            case .points(let points, _): "\(points.count) points"
            case .bars(let labels, _): "\(labels.count) bars"
            case .bins(_, _, let counts): "a histogram of \(counts.count) parts"
            case .cells(let rows): "a heat map of \(rows.count) × \(rows.first?.count ?? 0)"
            }
        }
        return (title.isEmpty ? "plot" : title) + ": " + kinds.joined(separator: ", ")
    }
}

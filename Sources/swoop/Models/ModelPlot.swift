// Runs and law of a function in a terminal: time over the size that varies most, both logarithmic.
// Pure.

import Glibc
import SwoopForecast
import SwoopModel

/// A plot of characters.
enum ModelPlot {
    private static let width = 60
    private static let height = 14

    /// Nothing where all runs had one size.
    static func lines(of function: LearnedFunction) -> [String] {
        let runs = function.records.filter { !$0.isCold && $0.cpuNanoseconds > 0 }
        guard let feature = widest(runs), !runs.isEmpty else { return [] }
        let sizes = runs.map { log1p(abs($0.features[feature])) }
        let times = runs.map { log(Double($0.cpuNanoseconds)) }
        guard let least = sizes.min(), let most = sizes.max(), most - least > 0.05 else {
            return []
        }
        // What else there is stays as it was in the run in the middle.
        let middle = runs[runs.count / 2]
        let curve = (0..<width).map { column -> Double in
            let size = expm1(least + (most - least) * Double(column) / Double(width - 1))
            var features = middle.features
            features[feature] = size
            let range = function.model.prediction(
                of: .cpuTime, features: features, elements: Double(middle.elements)
            ).range
            return log(max(1, range.median))
        }
        let low = min(times.min() ?? 0, curve.min() ?? 0)
        let high = max(low + 0.7, times.max() ?? 0, curve.max() ?? 0)
        var grid = Array(repeating: Array(repeating: Character(" "), count: width), count: height)
        func row(_ time: Double) -> Int {
            height - 1 - Int(((time - low) / (high - low) * Double(height - 1)).rounded())
        }
        for column in 0..<width { grid[row(curve[column])][column] = "·" }
        for (size, time) in zip(sizes, times) {
            let column = Int(((size - least) / (most - least) * Double(width - 1)).rounded())
            grid[row(time)][column] = "o"
        }
        let top = Quantities.shortTime(Int64(exp(high)))
        let bottom = Quantities.shortTime(Int64(exp(low)))
        let margin = max(top.count, bottom.count)
        let ends = (
            Quantities.number(expm1(least)), Quantities.number(expm1(most))
        )
        let name = function.sizes[feature]
        let gap = max(1, width - ends.0.count - ends.1.count - name.count)
        var text = grid.enumerated().map { index, line in
            let label = index == 0 ? top : index == height - 1 ? bottom : ""
            return "  " + String(repeating: " ", count: margin - label.count) + label + " │"
                + String(line)
        }
        let indent = "  " + String(repeating: " ", count: margin)
        text.append(indent + " └" + String(repeating: "─", count: width))
        text.append(
            indent + "  " + ends.0 + String(repeating: " ", count: gap / 2) + name
                + String(repeating: " ", count: gap - gap / 2) + ends.1)
        return [""] + text + [
            indent + "  o runs   · the law, other sizes as in the run in the middle"
        ]
    }

    /// The feature whose runs are spread over the most doublings.
    private static func widest(_ runs: [RunRecord]) -> Int? {
        let count = runs.map(\.features.count).min() ?? 0
        let spreads = (0..<count).map { feature -> Double in
            let sizes = runs.map { log1p(abs($0.features[feature])) }
            guard sizes.allSatisfy(\.isFinite) else { return -1 }
            return (sizes.max() ?? 0) - (sizes.min() ?? 0)
        }
        return spreads.indices.max { spreads[$0] < spreads[$1] }.flatMap {
            spreads[$0] > 0 ? $0 : nil
        }
    }
}

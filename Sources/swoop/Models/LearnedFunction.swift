// One function that something is known of: its name, its sizes and its runs, as the database has
// them. Pure.

package import SwoopForecast
package import SwoopModel

/// A function with what was recorded of its runs.
package struct LearnedFunction: Sendable {
    /// What forecasts are kept under.
    package let identity: String
    package let isOptimised: Bool
    /// Runs of the version that ran last, on whatever node.
    package let records: [RunRecord]
    package let nodes: [String]
    let model: FunctionModel

    /// All functions of some histories, those that ran last first.
    package static func all(of histories: [FunctionHistory]) -> [LearnedFunction] {
        var forecaster = Forecaster(functionLimit: .max)
        forecaster.load(histories)
        let byFunction = Dictionary(grouping: histories) {
            ForecastKey(identity: $0.identity, isOptimised: $0.isOptimised)
        }
        var seen: Set<ForecastKey> = []
        return histories.reversed().compactMap { last in
            let key = ForecastKey(identity: last.identity, isOptimised: last.isOptimised)
            guard seen.insert(key).inserted, let model = forecaster.model(for: key) else {
                return nil
            }
            let same = (byFunction[key] ?? []).filter { $0.fingerprint == last.fingerprint }
            return LearnedFunction(
                identity: last.identity, isOptimised: last.isOptimised,
                records: same.flatMap(\.records), nodes: same.map(\.node), model: model)
        }
    }

    /// What people call it: `isInside`, or a chain's steps.
    package var name: String { String(words.prefix { $0 != "(" || !isCall }) }

    /// The module and file; of a chain the module.
    package var place: String { String(identity.prefix { $0 != ":" }) }

    /// What its features are called: the arguments' labels, or `x1` where they have none.
    package var sizes: [String] {
        let count = records.map(\.features.count).max() ?? 0
        guard isCall, let open = words.firstIndex(of: "("), let close = words.lastIndex(of: ")")
        else { return count == 1 ? ["size"] : (0..<count).map { "x\($0 + 1)" } }
        let labels = words[words.index(after: open)..<close].split(separator: ",").map {
            $0.prefix { $0 != ":" }.filter { $0 != " " }
        }
        return (0..<count).map { place in
            let label = place < labels.count ? String(labels[place]) : "_"
            return label == "_" || label.isEmpty
                ? (count == 1 ? "x" : "x\(place + 1)") : label
        }
    }

    /// The law of its time.
    package var law: LawWords { model.words(of: .cpuTime, sizes: sizes) }

    /// Nanoseconds of a core: the least and the most that a warm run took, or a cold one where
    /// there are no others.
    package var times: ClosedRange<Int64> {
        let warm = records.filter { !$0.isCold }
        let times = (warm.isEmpty ? records : warm).map(\.cpuNanoseconds)
        return (times.min() ?? 0)...(times.max() ?? 0)
    }

    /// Whether it is a function with @Remote, and no chain.
    private var isCall: Bool { place.contains("/") }

    private var words: Substring { identity.drop { $0 != ":" }.dropFirst() }
}

// What `swoop models` writes: cells of a table, a page about one function, or JSON. Pure.

package import SwoopForecast
import SwoopModel

/// Learned functions as text.
package enum ModelTable {
    package static let heading = ["FUNCTION", "WHERE", "RUNS", "TIME OF A RUN", "GROWS AS", "SURE"]

    /// One line of the table.
    package static func cells(_ function: LearnedFunction) -> [String] {
        let law = function.law
        return [
            function.name + (function.isOptimised ? "" : " (debug)"), function.place,
            String(function.records.count), times(function.times), words(law),
            Quantities.percent(law.share),
        ].map(PrintableText.line)
    }

    static func times(_ times: ClosedRange<Int64>) -> String {
        let (least, most) = (
            Quantities.shortTime(times.lowerBound), Quantities.shortTime(times.upperBound)
        )
        return least == most ? least : "\(least) to \(most)"
    }

    static func words(_ law: LawWords) -> String {
        law.fixedShare > 0.05 && law.fixedShare < 1
            ? "\(law.law), \(Quantities.percent(law.fixedShare)) fixed" : law.law
    }

    /// The law in a sentence.
    static func sentence(_ law: LawWords) -> String {
        let growth =
            law.fixedShare == 1 ? "it is the same for every size" : "it grows as \(words(law))"
        return "\(growth) (\(Quantities.percent(law.share)) sure)"
    }

    /// All that is known of one function.
    package static func page(_ function: LearnedFunction) -> [String] {
        let nodes = Set(function.nodes).sorted().prefix(8).joined(separator: ", ")
        let cold = function.records.count(where: \.isCold)
        var lines = [
            function.identity,
            "  \(function.isOptimised ? "release" : "debug") build, "
                + "\(Quantities.count(function.records.count, "run")) on \(nodes), \(cold) of them "
                + "the first of a process",
            "  a run takes \(times(function.times)) of a core; \(sentence(function.law))",
        ]
        if function.model.coldExtraNanoseconds >= 1 {
            let extra = Quantities.shortTime(Int64(function.model.coldExtraNanoseconds))
            lines.append("  the first run of a process takes \(extra) more")
        }
        return (lines + ModelPlot.lines(of: function)).map(PrintableText.line)
    }
}

extension ModelTable {
    package static let trialHeading = ["DISTANCE", "RUNS", "MEDIAN ERROR", "WITHIN 90 % RANGE"]

    /// How well the larger runs were foretold.
    package static func cells(_ trial: ForecastTrial) -> [[String]] {
        var nearest = "0"
        var rows: [[String]] = []
        for distance in trial.distances {
            let limit = distance.upTo.isFinite ? String(Int(distance.upTo)) : "∞"
            rows.append(cells(distance, "\(nearest) to \(limit) ×"))
            nearest = limit
        }
        return rows + [cells(trial.all, "all")]
    }

    private static func cells(_ distance: ForecastTrial.Distance, _ name: String) -> [String] {
        [
            name, String(distance.runCount), Quantities.percent(distance.medianError),
            Quantities.percent(distance.coverage),
        ]
    }
}

/// A learned function as JSON.
struct ModelJSON: Encodable {
    var function: String
    var identity: String
    var place: String
    var isOptimised: Bool
    var nodes: [String]
    var runs: Int
    var sizes: [String]
    var growsAs: String
    var probability: Double
    var fixedShare: Double
    var leastSeconds: Double
    var mostSeconds: Double
    var coldExtraSeconds: Double

    init(_ function: LearnedFunction) {
        let law = function.law
        self.function = function.name
        identity = function.identity
        place = function.place
        isOptimised = function.isOptimised
        nodes = Set(function.nodes).sorted()
        runs = function.records.count
        sizes = function.sizes
        growsAs = law.law
        probability = law.share
        fixedShare = law.fixedShare
        leastSeconds = Double(function.times.lowerBound) / 1e9
        mostSeconds = Double(function.times.upperBound) / 1e9
        coldExtraSeconds = function.model.coldExtraNanoseconds / 1e9
    }
}

/// A trial as JSON.
struct TrialJSON: Encodable {
    struct Distance: Encodable {
        /// Nil: the farthest, or all.
        var upTo: Double?
        var runs: Int
        var medianError: Double
        var coverage90: Double

        init(_ distance: ForecastTrial.Distance) {
            upTo = distance.upTo.isFinite ? distance.upTo : nil
            runs = distance.runCount
            medianError = distance.medianError
            coverage90 = distance.coverage
        }
    }

    var learned: Int
    var growsAs: String
    var all: Distance
    var distances: [Distance]

    init(_ trial: ForecastTrial) {
        learned = trial.learnedCount
        growsAs = trial.law.law
        all = Distance(trial.all)
        distances = trial.distances.map(Distance.init)
    }
}

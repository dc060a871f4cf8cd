// What the program prints at its end, for people and as JSON.

import Swoop

/// The ranking, what it cost, and what was estimated.
struct Report {
    let result: RankingResult
    let comparison: EstimateComparison
    /// Seconds from the program's start to the beginning of the work.
    let preparation: Double

    private var effectiveCores: Double {
        comparison.wallTime > .zero ? comparison.coreTime / comparison.wallTime : 0
    }

    private var largestSections: [Section] {
        let sorted = result.sections.sorted { left, right in
            left.second.first == right.second.first
                ? left.first < right.first : left.second.first > right.second.first
        }
        return Array(sorted.prefix(10))
    }

    // MARK: For people

    var text: String {
        let size = result.size
        var lines = [
            "",
            "The highest packages"
                + " (\(grouped(size.packages)) packages, \(grouped(size.dependencies)) dependencies"
                + ", \(result.rounds) rounds, the last one changed \(result.change)):",
            "        " + left("package", 28) + right("rank, %", 9) + right("dependents", 12),
        ]
        for (index, standing) in result.highest.enumerated() {
            lines.append(
                right("\(index + 1)", 6) + "  " + left(standing.name, 28)
                    + right(fixed(100 * standing.rank, 3), 9)
                    + right(grouped(standing.dependents), 12))
        }
        lines += [
            "",
            "The largest sections of \(result.sections.count)"
                + " (\(grouped(result.stanzas)) stanzas read):",
            "  section                       packages   installed",
        ]
        for section in largestSections {
            let gigabytes = Double(section.second.second) * 1_024 / 1e9
            lines.append(
                "  " + left(section.first, 28) + right(grouped(section.second.first), 10)
                    + right(fixed(gigabytes, 2), 9) + " GB")
        }
        lines += [
            "", "\(comparison)",
            "  ready after \(fixed(preparation, 2)) s; then \(fixed(comparison.wallTime / .seconds(1), 2)) s "
                + "with \(fixed(effectiveCores, 2)) of \(comparison.cores) cores in effect",
        ]
        return lines.joined(separator: "\n")
    }

    // MARK: For programs

    var json: String {
        let highest = result.highest.map { standing in
            """
            {"name": \(quoted(standing.name)), "rank": \(standing.rank), \
            "dependents": \(standing.dependents)}
            """
        }
        let sections = result.sections.map { section in
            """
            {"section": \(quoted(section.first)), "packages": \(section.second.first), \
            "installedKibibytes": \(section.second.second)}
            """
        }
        return """
            {"packages": \(result.size.packages), "dependencies": \(result.size.dependencies), \
            "stanzas": \(result.stanzas), "rounds": \(result.rounds), "change": \(result.change), \
            "cores": \(comparison.cores), "preparationSeconds": \(preparation), \
            "wallSeconds": \(comparison.wallTime / .seconds(1)), \
            "coreSeconds": \(comparison.coreTime / .seconds(1)), "effectiveCores": \(effectiveCores), \
            "estimatedWallSeconds": \(range(comparison.estimate.wallTime[comparison.cores])), \
            "estimatedCoreSeconds": \(range(comparison.estimate.coreTime)), \
            "highest": [\(highest.joined(separator: ", "))], \
            "sections": [\(sections.joined(separator: ", "))]}
            """
    }

    private func range(_ range: DurationRange?) -> String {
        guard let range else { return "null" }
        let (low, median, high) = (
            range.low / .seconds(1), range.median / .seconds(1), range.high / .seconds(1)
        )
        return "{\"low\": \(low), \"median\": \(median), \"high\": \(high)}"
    }

    private func quoted(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"": "\\\""
            case "\\": "\\\\"
            case _ where scalar.value < 0x20:
                "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: String(scalar)
            }
        }
        return "\"" + escaped.joined() + "\""
    }
}

// MARK: Numbers in columns

/// `12.30` for 12.3 with two places.
func fixed(_ value: Double, _ places: Int) -> String {
    let scale = (0..<places).reduce(1) { scale, _ in scale * 10 }
    let units = Int((value * Double(scale)).rounded())
    let rest = String(abs(units) % scale)
    let whole = (units < 0 ? "-" : "") + grouped(abs(units) / scale)
    return whole + "." + String(repeating: "0", count: places - rest.count) + rest
}

/// `63,666`.
func grouped(_ value: Int) -> String {
    var text = ""
    for (index, digit) in String(value).reversed().enumerated() {
        if index > 0, index % 3 == 0 { text = "," + text }
        text = String(digit) + text
    }
    return text
}

private func left(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}

private func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
}

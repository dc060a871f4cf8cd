// Estimates as text: a compact table, with a range behind every number and its evidence above.
// The numbers are those of Estimate.

extension Evidence: CustomStringConvertible {
    /// One word, or `extrapolated ×12`.
    public var description: String {
        switch self {
        case .measured: "measured"
        case .interpolated: "interpolated"
        case .extrapolated(let factor): "extrapolated ×" + Quantity.number(factor, digits: 2)
        case .guess: "guess"
        case .unknown: "unknown"
        }
    }
}

extension EstimateRange: CustomStringConvertible {
    /// `12.0 (9.80 … 15.1)`: the median and the 90 % range.
    public var description: String { text(Quantity.number) }

    fileprivate func text(_ format: (Double) -> String) -> String {
        "\(format(median)) (\(format(low)) … \(format(high)))"
    }
}

extension Estimate: CustomStringConvertible {
    /// A table of a few lines; where something is unknown it says what, and what to do about it.
    public var description: String {
        var lines = ["estimate: \(Quantity.count(tasks, "task")), \(evidence)"]
        if coreSeconds != nil || !wall.isEmpty { lines[0] += ", 90 % ranges" }
        let least = unknownFunctions.isEmpty ? "" : "at least "
        if let coreSeconds {
            lines.append(row("core-seconds", least + coreSeconds.text(Quantity.number)))
        }
        for cores in wall.keys.ordered() {
            guard let range = wall[cores] else { continue }
            lines.append(
                row(
                    "wall, \(cores) core\(cores == 1 ? "" : "s")", least + range.text(Quantity.time)
                ))
        }
        if let usefulCores { lines.append(row("useful cores", usefulCores.text(Quantity.whole))) }
        if !unknownFunctions.isEmpty {
            let names = unknownFunctions.prefix(8).joined(separator: ", ")
            let more = unknownFunctions.count - 8
            lines.append(
                "  unknown: \(names)\(more > 0 ? " and \(more) more" : "") (never ran)")
            lines.append(
                "  Run the plan, or a small part of it: what runs is real work, and is learned from."
            )
        }
        return lines.joined(separator: "\n")
    }

    private func row(_ label: String, _ text: String) -> String {
        "  " + label + String(repeating: " ", count: max(1, 14 - label.count)) + text
    }
}

extension EstimateComparison: CustomStringConvertible {
    /// Estimated and actual side by side, each with whether it was inside the range.
    public var description: String {
        [
            "estimated and actual, \(cores) core\(cores == 1 ? "" : "s")",
            row(
                "core-seconds", estimate.coreSeconds, actualCoreSeconds, Quantity.number,
                isInside: areCoreSecondsInside, ratio: coreTimeRatio),
            row(
                "wall", estimate.wall[cores], actualWall, Quantity.time,
                isInside: isWallInside, ratio: wallTimeRatio),
        ].joined(separator: "\n")
    }

    private func row(
        _ label: String, _ range: EstimateRange?, _ actual: Double, _ format: (Double) -> String,
        isInside: Bool?, ratio: Double?
    ) -> String {
        let label = "  " + label + String(repeating: " ", count: max(1, 14 - label.count))
        guard let range, let isInside else {
            return label + "estimated unknown, actual \(format(actual))"
        }
        let percent = ratio.map { ratio in
            let rounded = Quantity.rounded((ratio - 1) * 100)
            return " (\(rounded < 0 ? "−" : "+")\(abs(rounded)) %)"
        }
        return label + "estimated \(range.text(format)), actual \(format(actual))"
            + "\(percent ?? ""), \(isInside ? "inside" : "outside") the range"
    }
}

/// Numbers for people, with three significant digits.
package enum Quantity {
    /// `0`, `0.00123`, `1.23`, `12.3`, `1,235`; beyond 10^15 `1.23e17`.
    package static func number(_ value: Double) -> String { number(value, digits: 3) }

    /// The same with so many digits.
    package static func number(_ value: Double, digits: Int) -> String {
        guard value.isFinite else { return value.isNaN ? "unknown" : value < 0 ? "−∞" : "∞" }
        let magnitude = abs(value)
        guard magnitude < 1e15 else {
            var (scaled, exponent) = (magnitude, 0)
            while scaled >= 10 { (scaled, exponent) = (scaled / 10, exponent + 1) }
            return (value < 0 ? "−" : "") + number(scaled, digits: digits) + "e\(exponent)"
        }
        let sign = value < 0 ? "−" : ""
        if magnitude == 0 { return "0" }
        // Places behind the point so that `digits` digits count.
        var places = 0
        var scaled = magnitude
        let enough = power(of: digits - 1) - 0.5 / power(of: 1)
        while scaled < enough, places < 12 {
            scaled *= 10
            places += 1
        }
        let units = UInt64(scaled.rounded())
        let scale = UInt64(power(of: places))
        let whole = count(Int(units / scale))
        guard places > 0 else { return sign + whole }
        let rest = String(units % scale)
        return sign + whole + "." + String(repeating: "0", count: max(0, places - rest.count))
            + rest
    }

    /// Seconds as `830 ns`, `1.20 ms`, `41.0 s`, `12 min 5 s`, `3 h 20 min`, `5.20 days`.
    package static func time(_ seconds: Double) -> String {
        guard seconds.isFinite else { return number(seconds) }
        switch abs(seconds) {
        case 0: return "0 s"
        case ..<0.999_5e-6: return number(seconds * 1e9) + " ns"
        case ..<0.999_5e-3: return number(seconds * 1e6) + " µs"
        case ..<0.999_5: return number(seconds * 1e3) + " ms"
        case ..<119.5: return number(seconds) + " s"
        case ..<7_170:
            let whole = rounded(seconds)
            return "\(whole / 60) min \(abs(whole) % 60) s"
        case ..<172_800:
            let minutes = rounded(seconds / 60)
            return "\(minutes / 60) h \(abs(minutes) % 60) min"
        default: return number(seconds / 86_400) + " days"
        }
    }

    /// `512 bytes`, `1.50 MiB`.
    package static func bytes(_ count: Int) -> String {
        var (value, unit) = (Double(count), 0)
        let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
        while value >= 1_000, unit < units.count - 1 { (value, unit) = (value / 1_024, unit + 1) }
        return "\(number(value)) \(units[unit])"
    }

    /// `8`: for what comes in whole pieces.
    package static func whole(_ value: Double) -> String { count(rounded(value)) }

    /// `1,234,567`.
    package static func count(_ value: Int) -> String {
        var text = ""
        for (index, digit) in String(value.magnitude).reversed().enumerated() {
            if index > 0, index % 3 == 0 { text = "," + text }
            text = String(digit) + text
        }
        return (value < 0 ? "−" : "") + text
    }

    /// `1 task`, `1,234 tasks`.
    package static func count(_ value: Int, _ noun: String) -> String {
        "\(count(value)) \(noun)\(value == 1 ? "" : "s")"
    }

    /// The nearest integer; what does not fit is the largest or smallest that does.
    static func rounded(_ value: Double) -> Int {
        guard value.isFinite else { return 0 }
        return Int(max(-9e15, min(9e15, value.rounded())))
    }

    private static func power(of exponent: Int) -> Double {
        (0..<max(0, exponent)).reduce(1.0) { power, _ in power * 10 }
    }
}

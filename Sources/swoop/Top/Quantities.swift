// Times and sizes as people read them, each in at most seven columns or so. Pure.

/// Quantities in words.
package enum Quantities {
    /// `120 ms`, `1.2 s`, `45 s`, `3:20`, `1:02:03`, `3d 4h`.
    package static func time(_ nanoseconds: Int64) -> String {
        let milliseconds = max(0, nanoseconds) / 1_000_000
        let seconds = milliseconds / 1_000
        switch seconds {
        case 0: return "\(milliseconds) ms"
        case ..<10: return "\(seconds).\(milliseconds % 1_000 / 100) s"
        case ..<60: return "\(seconds) s"
        case ..<3_600: return "\(seconds / 60):\(two(seconds % 60))"
        case ..<86_400: return "\(seconds / 3_600):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
        default: return "\(seconds / 86_400)d \(seconds / 3_600 % 24)h"
        }
    }

    /// Tenths of a second, for ages: `0.1 s`.
    package static func age(_ nanoseconds: Int64) -> String { "\(tenths(nanoseconds)) s" }

    /// Seconds with one digit behind the point.
    package static func tenths(_ nanoseconds: Int64) -> String {
        let tenths = max(0, nanoseconds) / 100_000_000
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// `0 B`, `1.5 KiB`, `12.0 MiB`, `512 MiB`.
    package static func bytes(_ count: Int64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        var value = Double(max(0, count))
        var unit = 0
        while value >= 1_000, unit < units.count - 1 {
            value /= 1_024
            unit += 1
        }
        if unit == 0 || value >= 100 { return "\(Int(value.rounded())) \(units[unit])" }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }

    /// `1 task`, `2 tasks`.
    package static func count(_ number: some BinaryInteger, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }

    private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

extension Quantities {
    /// `840 ns`, `1.2 µs`, `35 ms`, and from a second on as `time`.
    package static func shortTime(_ nanoseconds: Int64) -> String {
        let value = Double(max(0, nanoseconds))
        switch value {
        case ..<1e3: return "\(Int(value)) ns"
        case ..<1e6: return "\(twoDigits(value / 1e3)) µs"
        case ..<1e9: return "\(twoDigits(value / 1e6)) ms"
        default: return time(nanoseconds)
        }
    }

    private static func twoDigits(_ value: Double) -> String {
        guard value < 9.95 else { return "\(Int(value.rounded()))" }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// `7.5 %`, `93 %`.
    package static func percent(_ share: Double) -> String {
        guard share.isFinite, share < 1e6 else { return "over 10⁸ %" }
        return "\(twoDigits(max(0, share) * 100)) %"
    }

    /// Whole where it is, else with three digits.
    package static func number(_ value: Double) -> String {
        guard value.isFinite else { return "\(value)" }
        let rounded = value.rounded()
        if abs(value - rounded) < 1e-6 * max(1, abs(value)), abs(rounded) < 1e15 {
            return "\(Int64(rounded))"
        }
        let thousandths = (value * 1_000).rounded() / 1_000
        return "\(thousandths)"
    }
}

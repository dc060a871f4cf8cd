// Coordinates within SVG.

import SwoopModel

extension Markup {
    /// A coordinate with one place behind the point.
    static func place(_ value: Double) -> String {
        let tenths = Int(max(-1e7, min(1e7, value.isFinite ? value : 0)) * 10)
        let whole = tenths / 10
        let rest = abs(tenths % 10)
        let sign = tenths < 0 && whole == 0 ? "-" : ""
        return rest == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(rest)"
    }
}

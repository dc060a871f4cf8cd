// Colours for values: dark blue to yellow, brighter with the value, so that it is read without
// colours too (after matplotlib's viridis).

enum ColourScale {
    private static let stops: [(Double, Double, Double)] = [
        (68, 1, 84), (65, 68, 135), (42, 120, 142), (34, 168, 132), (122, 209, 81), (253, 231, 37),
    ]

    /// Red, green and blue of a share from 0 to 1.
    static func bytes(_ share: Double) -> (red: UInt8, green: UInt8, blue: UInt8) {
        let place = max(0, min(1, share.isFinite ? share : 0)) * Double(stops.count - 1)
        let below = min(stops.count - 2, Int(place))
        let rest = place - Double(below)
        let (low, high) = (stops[below], stops[below + 1])
        func mixed(_ a: Double, _ b: Double) -> UInt8 { UInt8((a + (b - a) * rest).rounded()) }
        return (mixed(low.0, high.0), mixed(low.1, high.1), mixed(low.2, high.2))
    }

    /// As SVG writes it.
    static func colour(_ share: Double) -> String {
        let colour = bytes(share)
        return "#"
            + [colour.red, colour.green, colour.blue].map { part in
                (part < 16 ? "0" : "") + String(part, radix: 16)
            }.joined()
    }
}

// An image of pixels, and the pieces of a PNG file that it becomes; what compresses them is handed
// in.

/// An image: as a cell's last expression, or by `display`, it is shown.
///
/// ```swift
/// Picture(width: 200, height: 100) { x, y in .share(Double(x * y) / 20_000) }
/// ```
public struct Picture: Hashable, Sendable {
    /// A pixel.
    public struct Pixel: Hashable, Sendable {
        /// From 0 to 255.
        public var red, green, blue: UInt8

        /// A colour of its parts.
        public init(red: UInt8, green: UInt8, blue: UInt8) {
            (self.red, self.green, self.blue) = (red, green, blue)
        }

        /// A grey from 0 (black) to 1 (white).
        public static func grey(_ share: Double) -> Pixel {
            let byte = UInt8(max(0, min(255, (share.isFinite ? share : 0) * 255)))
            return Pixel(red: byte, green: byte, blue: byte)
        }

        /// A colour for a value from 0 to 1: dark blue to yellow.
        public static func share(_ share: Double) -> Pixel {
            let colour = ColourScale.bytes(share)
            return Pixel(red: colour.red, green: colour.green, blue: colour.blue)
        }
    }

    /// Pixels from left to right.
    public let width: Int
    /// Pixels from top to bottom.
    public let height: Int
    private var pixels: [Pixel]

    /// The largest width and height.
    private static let sideMax = 8_192

    /// An image of which each pixel is asked for; a side has 1 to 8,192 of them.
    public init(width: Int, height: Int, _ pixel: (_ x: Int, _ y: Int) -> Pixel) {
        self.width = max(1, min(width, Picture.sideMax))
        self.height = max(1, min(height, Picture.sideMax))
        pixels = []
        pixels.reserveCapacity(self.width * self.height)
        for y in 0..<self.height {
            for x in 0..<self.width { pixels.append(pixel(x, y)) }
        }
    }

    /// An image of values, the first row on top: the smallest dark, the largest bright.
    public init<Value: PlotNumber>(_ rows: [[Value]]) {
        let values = rows.map { $0.map(\.plotted) }
        let all = values.joined().filter(\.isFinite)
        let (low, high) = (all.min() ?? 0, all.max() ?? 1)
        let width = values.map(\.count).max() ?? 1
        self.init(width: width, height: values.count) { x, y in
            guard y < values.count, x < values[y].count else { return .grey(1) }
            return .share(high > low ? (values[y][x] - low) / (high - low) : 0.5)
        }
    }

    /// The pixel at a place, counted from the upper left corner; nil outside.
    public subscript(x: Int, y: Int) -> Pixel? {
        guard (0..<width).contains(x), (0..<height).contains(y) else { return nil }
        return pixels[y * width + x]
    }

    /// The file, with what compresses its lines in the format of zlib.
    package func png(compressing compress: ([UInt8]) -> [UInt8]) -> [UInt8] {
        var lines: [UInt8] = []
        lines.reserveCapacity(height * (1 + width * 3))
        for y in 0..<height {
            // Each line as differences from the pixel on the left, which compress better.
            lines.append(1)
            var last = Pixel(red: 0, green: 0, blue: 0)
            for x in 0..<width {
                let pixel = pixels[y * width + x]
                lines += [
                    pixel.red &- last.red, pixel.green &- last.green, pixel.blue &- last.blue,
                ]
                last = pixel
            }
        }
        var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        let head = bigEndian(width) + bigEndian(height) + [8, 2, 0, 0, 0]
        file += Picture.chunk("IHDR", head)
        file += Picture.chunk("IDAT", compress(lines))
        file += Picture.chunk("IEND", [])
        return file
    }

    private static func chunk(_ name: String, _ bytes: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + bytes
        return bigEndian(bytes.count) + body + bigEndian(Int(checksum(body)))
    }

    /// CRC-32 as PNG wants it.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var table: [UInt32] = []
        for index in UInt32(0)..<256 {
            var sum = index
            for _ in 0..<8 {
                let half = sum >> 1
                sum = sum & 1 == 1 ? half ^ 0xEDB8_8320 : half
            }
            table.append(sum)
        }
        var sum = UInt32.max
        for byte in bytes {
            let place = Int(UInt8(truncatingIfNeeded: sum) ^ byte)
            sum = table[place] ^ (sum >> 8)
        }
        return ~sum
    }
}

private func bigEndian(_ number: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
}

extension Picture: CustomStringConvertible {
    /// Its size, for consoles, which draw nothing.
    public var description: String { "picture of \(width) × \(height) pixels" }
}

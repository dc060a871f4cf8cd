// Families over text, graphs, pictures and recursion.

extension Family {
    static let parsing = Family(
        4, "table as text",
        pilots: (0..<5).map { [Double(240_000 << $0), Double(10_000 << $0)] },
        heldOut: Distance.allCases.map {
            ($0, [Double(3_840_000 * $0.rawValue), Double(160_000 * $0.rawValue)])
        }
    ) { sizes, dice in
        var text: [UInt8] = []
        text.reserveCapacity(sizes[0])
        while text.count < sizes[0] {
            text += Array(
                "\(dice.below(100_000)),\(dice.below(1_000)),word\(dice.below(900))\n".utf8)
        }
        return {
            var (sum, field, number): (UInt64, Int, UInt64) = (0, 0, 0)
            for byte in text {
                switch byte {
                case UInt8(ascii: ","):
                    sum &+= number &* UInt64(field + 1)
                    (field, number) = (field + 1, 0)
                case UInt8(ascii: "\n"): (field, number) = (0, 0)
                case UInt8(ascii: "0")...UInt8(ascii: "9"):
                    number = number &* 10 &+ UInt64(byte - UInt8(ascii: "0"))
                default: number = number &* 31 &+ UInt64(byte)
                }
            }
            return sum
        }
    }

    /// A backtracking search: some texts are hard for one of the patterns.
    static let matching = Family(
        5, "pattern in text",
        pilots: (0..<5).map { [Double(131_072 << $0), 0] } + [[262_144, 1], [524_288, 1]],
        heldOut: [
            (.four, [8_388_608, 0]), (.four, [2_097_152, 1]), (.sixteen, [33_554_432, 0]),
            (.sixteen, [8_388_608, 1]), (.sixtyFour, [134_217_728, 0]),
        ]
    ) { sizes, dice in
        let repeats = sizes[1] == 1
        let text = (0..<sizes[0]).map { _ in
            UInt8(ascii: "a") + UInt8(dice.below(repeats ? 2 : 12))
        }
        return {
            // a+b+c, and (a|b)+c, from each place on.
            var found: UInt64 = 0
            var start = 0
            while start < text.count {
                var place = start
                if repeats {
                    while place < text.count, text[place] <= UInt8(ascii: "b"), place - start < 24 {
                        place += 1
                    }
                } else {
                    while place < text.count, text[place] == UInt8(ascii: "a") { place += 1 }
                    while place < text.count, text[place] == UInt8(ascii: "b") { place += 1 }
                }
                if place > start, place < text.count, text[place] == UInt8(ascii: "c") {
                    found += 1
                }
                start += 1
            }
            return found
        }
    }

    static let compressing = Family(
        7, "compression",
        pilots: (0..<5).map { [Double(131_072 << $0), 4] } + [[262_144, 64], [1_048_576, 64]],
        heldOut: [
            (.four, [8_388_608, 4]), (.four, [4_194_304, 64]), (.sixteen, [33_554_432, 4]),
            (.sixteen, [16_777_216, 64]), (.sixtyFour, [134_217_728, 4]),
        ]
    ) { sizes, dice in
        let text = (0..<sizes[0]).map { _ in UInt8(dice.below(sizes[1])) }
        return {
            // Matches of three bytes or more by the last place of each hash.
            var heads = Array(repeating: -1, count: 1 << 15)
            var (place, cost): (Int, UInt64) = (0, 0)
            while place + 3 < text.count {
                let hash =
                    (Int(text[place]) << 10 ^ Int(text[place + 1]) << 5 ^ Int(text[place + 2]))
                    & 0x7fff
                let before = heads[hash]
                heads[hash] = place
                var length = 0
                if before >= 0 {
                    while place + length < text.count, length < 255,
                        text[before + length] == text[place + length]
                    { length += 1 }
                }
                cost &+= length >= 3 ? 3 : 1
                place += max(1, length >= 3 ? length : 1)
            }
            return cost
        }
    }

    static let ranking = Family(
        10, "step of a page rank",
        pilots: (0..<5).map { [Double(65_536 << $0), Double(8_192 << $0)] },
        heldOut: Distance.allCases.map {
            ($0, [Double(1_048_576 * $0.rawValue), Double(131_072 * $0.rawValue)])
        }
    ) { sizes, dice in
        let (edges, vertices) = (sizes[0], sizes[1])
        let from = (0..<edges).map { _ in Int32(dice.below(vertices)) }
        let to = (0..<edges).map { _ in Int32(min(dice.below(vertices), dice.below(vertices))) }
        return {
            let ranks = Array(repeating: 1 / Double(vertices), count: vertices)
            var next = Array(repeating: 0.15 / Double(vertices), count: vertices)
            for edge in 0..<edges { next[Int(to[edge])] += 0.85 * ranks[Int(from[edge])] }
            return next[0].bitPattern
        }
    }

    static let blurring = Family(
        11, "blur of a picture",
        pilots: [
            [32_768, 2], [65_536, 2], [131_072, 2], [32_768, 4], [65_536, 4], [131_072, 4],
        ],
        heldOut: [
            (.four, [524_288, 4]), (.four, [131_072, 8]), (.sixteen, [2_097_152, 4]),
            (.sixteen, [524_288, 8]), (.sixtyFour, [2_097_152, 8]),
        ]
    ) { sizes, dice in
        let radius = sizes[1]
        let width = 128
        let height = sizes[0] / width
        let picture = (0..<(width * height)).map { _ in Float(dice.uniform()) }
        return {
            var blurred = picture
            for y in 0..<height {
                for x in 0..<width {
                    var sum: Float = 0
                    for dy in max(0, y - radius)...min(height - 1, y + radius) {
                        for dx in max(0, x - radius)...min(width - 1, x + radius) {
                            sum += picture[dy * width + dx]
                        }
                    }
                    blurred[y * width + x] = sum
                }
            }
            return UInt64(blurred[blurred.count / 2].bitPattern)
        }
    }

    static let queens = Family(
        12, "queens", pilots: (7...11).map { [Double($0)] },
        heldOut: [(.four, [12]), (.sixteen, [13]), (.sixtyFour, [14])]
    ) { sizes, _ in
        let size = sizes[0]
        return { placed(0, 0, 0, (1 << size) - 1) }
    }

    private static func placed(_ columns: Int, _ left: Int, _ right: Int, _ all: Int) -> UInt64 {
        guard columns != all else { return 1 }
        var free = all & ~(columns | left | right)
        var count: UInt64 = 0
        while free != 0 {
            let place = free & -free
            free ^= place
            count += placed(
                columns | place, (left | place) << 1 & all, (right | place) >> 1, all)
        }
        return count
    }

    static let editing = Family(
        15, "edit distance",
        pilots: [
            [400, 400], [800, 400], [800, 1_600], [1_600, 1_600], [600, 4_000], [2_000, 2_000],
        ],
        heldOut: [
            (.four, [4_000, 4_000]), (.four, [1_600, 10_000]), (.sixteen, [8_000, 8_000]),
            (.sixtyFour, [16_000, 16_000]), (.sixtyFour, [4_000, 64_000]),
        ]
    ) { sizes, dice in
        let left = (0..<sizes[0]).map { _ in UInt8(dice.below(4)) }
        let right = (0..<sizes[1]).map { _ in UInt8(dice.below(4)) }
        return {
            var row = Array(0...right.count)
            for (place, letter) in left.enumerated() {
                var corner = row[0]
                row[0] = place + 1
                for other in 0..<right.count {
                    let best = min(
                        row[other + 1] + 1, row[other] + 1,
                        corner + (letter == right[other] ? 0 : 1))
                    corner = row[other + 1]
                    row[other + 1] = best
                }
            }
            return UInt64(row[right.count])
        }
    }

    static let recursion = Family(
        18, "recursive fibonacci", pilots: (26...30).map { [Double($0)] },
        heldOut: [(.four, [33]), (.sixteen, [36]), (.sixtyFour, [39])]
    ) { sizes, _ in
        let depth = sizes[0]
        return { fibonacci(depth) }
    }

    @inline(never)
    private static func fibonacci(_ depth: Int) -> UInt64 {
        depth < 2 ? UInt64(depth) : fibonacci(depth - 1) &+ fibonacci(depth - 2)
    }

    static let fractal = Family(
        20, "fractal",
        pilots: [
            [32, 32, 50], [64, 32, 50], [64, 64, 100], [64, 64, 200], [128, 64, 200],
            [128, 32, 400],
        ],
        heldOut: [
            (.four, [256, 128, 200]), (.four, [128, 64, 800]), (.sixteen, [256, 256, 400]),
            (.sixtyFour, [512, 512, 400]), (.sixtyFour, [256, 256, 1_600]),
        ]
    ) { sizes, _ in
        let (width, height, limit) = (sizes[0], sizes[1], sizes[2])
        return {
            var sum: UInt64 = 0
            for y in 0..<height {
                for x in 0..<width {
                    let (a, b) = (
                        3 * Double(x) / Double(width) - 2, 2 * Double(y) / Double(height) - 1
                    )
                    var (u, v, steps) = (0.0, 0.0, 0)
                    while steps < limit, u * u + v * v < 4 {
                        (u, v) = (u * u - v * v + a, 2 * u * v + b)
                        steps += 1
                    }
                    sum &+= UInt64(steps)
                }
            }
            return sum
        }
    }
}

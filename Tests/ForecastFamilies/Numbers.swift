// Families over numbers: sorting, matrices, transforms, samples, primes, tables.

extension Family {
    static let sorting = Family(1, "sort", from: 1 << 13) { count, dice in
        let numbers = dice.doubles(count)
        return {
            var sorted = numbers
            sorted.sort()
            return sorted[sorted.count / 2].bitPattern
        }
    }

    static let matrices = Family(
        2, "matrix product",
        pilots: [
            [64, 64, 64], [96, 96, 96], [128, 128, 128], [160, 160, 160], [192, 192, 192],
            [64, 256, 128], [256, 64, 64], [128, 64, 256],
        ],
        heldOut: [
            (.four, [304, 304, 304]), (.four, [192, 768, 192]), (.sixteen, [484, 484, 484]),
            (.sixteen, [768, 192, 768]), (.sixtyFour, [768, 768, 768]),
        ]
    ) { sizes, dice in
        let (rows, columns, inner) = (sizes[0], sizes[1], sizes[2])
        let (left, right) = (dice.doubles(rows * inner), dice.doubles(inner * columns))
        return { product(left, right, rows, columns, inner).bitPattern }
    }

    private static func product(
        _ left: [Double], _ right: [Double], _ rows: Int, _ columns: Int, _ inner: Int
    ) -> Double {
        var result = Array(repeating: 0.0, count: rows * columns)
        let block = 64
        for firstInner in stride(from: 0, to: inner, by: block) {
            for row in 0..<rows {
                for step in firstInner..<min(inner, firstInner + block) {
                    let factor = left[row * inner + step]
                    for column in 0..<columns {
                        result[row * columns + column] += factor * right[step * columns + column]
                    }
                }
            }
        }
        return result[result.count - 1] + result[0]
    }

    static let fourier = Family(3, "fourier transform", from: 1 << 12) { count, dice in
        let (real, imaginary) = (dice.doubles(count), dice.doubles(count))
        return { transformed(real, imaginary).bitPattern }
    }

    /// Radix two, in place, twiddles by recurrence.
    private static func transformed(_ real: [Double], _ imaginary: [Double]) -> Double {
        var (real, imaginary) = (real, imaginary)
        let count = real.count
        var reversed = 0
        for index in 1..<count {
            var bit = count >> 1
            while reversed & bit != 0 {
                reversed ^= bit
                bit >>= 1
            }
            reversed |= bit
            if index < reversed {
                real.swapAt(index, reversed)
                imaginary.swapAt(index, reversed)
            }
        }
        var half = 1
        var (cosine, sine) = (-1.0, 0.0)
        while half < count {
            var (wReal, wImaginary) = (1.0, 0.0)
            for offset in 0..<half {
                for low in stride(from: offset, to: count, by: 2 * half) {
                    let high = low + half
                    let (a, b) = (real[high], imaginary[high])
                    let (c, d) = (a * wReal - b * wImaginary, a * wImaginary + b * wReal)
                    (real[high], imaginary[high]) = (real[low] - c, imaginary[low] - d)
                    real[low] += c
                    imaginary[low] += d
                }
                (wReal, wImaginary) = (
                    wReal * cosine - wImaginary * sine, wReal * sine + wImaginary * cosine
                )
            }
            (sine, cosine) = (
                ((1 - cosine) / 2).squareRoot(), ((1 + cosine) / 2).squareRoot()
            )
            half *= 2
        }
        return real[1] + imaginary[count - 1]
    }

    static let sampling = Family(6, "samples in a circle", from: 1 << 16) { count, dice in
        let seed = dice.next()
        return {
            var dice = Dice(seed: seed)
            var inside: UInt64 = 0
            for _ in 0..<count {
                let (x, y) = (dice.uniform(), dice.uniform())
                if x * x + y * y < 1 { inside += 1 }
            }
            return inside
        }
    }

    static let sieving = Family(8, "sieve", from: 1 << 17) { limit, _ in
        {
            var isPrime = Array(repeating: true, count: limit + 1)
            var number = 2
            while number * number <= limit {
                if isPrime[number] {
                    var multiple = number * number
                    while multiple <= limit {
                        isPrime[multiple] = false
                        multiple += number
                    }
                }
                number += 1
            }
            return isPrime.reduce(0) { $0 &+ ($1 ? 1 : 0) }
        }
    }

    static let grouping = Family(
        9, "sums by key",
        pilots: (0..<5).map { [Double(1 << (14 + $0)), Double(1 << (10 + $0))] },
        heldOut: Distance.allCases.map {
            ($0, [Double((1 << 18) * $0.rawValue), Double((1 << 14) * $0.rawValue)])
        }
    ) { sizes, dice in
        let keys = (0..<sizes[0]).map { _ in dice.below(sizes[1]) }
        return {
            var sums: [Int: Int] = [:]
            for (place, key) in keys.enumerated() { sums[key, default: 0] &+= place }
            return UInt64(sums.count)
        }
    }

    static let neighbours = Family(
        13, "nearest neighbours",
        pilots: [
            [200, 400, 8], [400, 400, 8], [400, 800, 8], [800, 800, 8], [800, 1_600, 8],
            [800, 800, 16], [200, 1_600, 16],
        ],
        heldOut: [
            (.four, [1_600, 3_200, 8]), (.four, [800, 3_200, 16]),
            (.sixteen, [3_200, 3_200, 16]), (.sixteen, [6_400, 3_200, 8]),
            (.sixtyFour, [6_400, 6_400, 16]),
        ]
    ) { sizes, dice in
        let (points, dimensions) = (sizes[1], sizes[2])
        let asked = dice.doubles(sizes[0] * dimensions)
        let known = dice.doubles(points * dimensions)
        return {
            var sum: UInt64 = 0
            for question in 0..<(asked.count / dimensions) {
                var (best, nearest) = (Double.infinity, 0)
                for point in 0..<points {
                    var distance = 0.0
                    for dimension in 0..<dimensions {
                        let difference =
                            asked[question * dimensions + dimension]
                            - known[point * dimensions + dimension]
                        distance += difference * difference
                    }
                    if distance < best { (best, nearest) = (distance, point) }
                }
                sum &+= UInt64(nearest)
            }
            return sum
        }
    }

    /// Some inputs take a way that is ten times as long, which no feature tells.
    static let branching = Family(14, "hidden branch", from: 1 << 18, isHidden: true) {
        count, dice in
        let isLong = dice.below(4) == 0
        let start = dice.next() | 1
        return {
            var value = start
            for _ in 0..<(isLong ? 10 : 1) * count {
                value = value &* 0x5851_f42d_4c95_7f2d &+ 1
                value ^= value >> 29
            }
            return value
        }
    }

    static let merging = Family(
        16, "merge of two",
        pilots: [
            [32_000, 8_000], [8_000, 64_000], [64_000, 64_000], [128_000, 32_000],
            [128_000, 256_000], [16_000, 240_000],
        ],
        heldOut: [
            (.four, [800_000, 736_000]), (.four, [160_000, 1_376_000]),
            (.sixteen, [3_200_000, 2_944_000]), (.sixtyFour, [20_000_000, 4_576_000]),
        ]
    ) { sizes, dice in
        let (left, right) = (dice.doubles(sizes[0]).sorted(), dice.doubles(sizes[1]).sorted())
        return {
            var merged: [Double] = []
            merged.reserveCapacity(left.count + right.count)
            var (first, second) = (0, 0)
            while first < left.count, second < right.count {
                if left[first] <= right[second] {
                    merged.append(left[first])
                    first += 1
                } else {
                    merged.append(right[second])
                    second += 1
                }
            }
            merged.append(contentsOf: left[first...])
            merged.append(contentsOf: right[second...])
            return merged[merged.count / 2].bitPattern
        }
    }

    static let searching = Family(
        17, "searches in a table",
        pilots: [
            [8_000, 4_096], [16_000, 4_096], [16_000, 65_536], [32_000, 16_384],
            [32_000, 262_144], [64_000, 65_536],
        ],
        heldOut: [
            (.four, [256_000, 65_536]), (.four, [200_000, 1_048_576]),
            (.sixteen, [1_024_000, 131_072]), (.sixtyFour, [4_096_000, 65_536]),
        ]
    ) { sizes, dice in
        let table = dice.doubles(sizes[1]).sorted()
        let asked = dice.doubles(sizes[0])
        return {
            var sum: UInt64 = 0
            for value in asked {
                var (low, high) = (0, table.count)
                while low < high {
                    let middle = (low + high) / 2
                    if table[middle] < value { low = middle + 1 } else { high = middle }
                }
                sum &+= UInt64(low)
            }
            return sum
        }
    }

    static let elimination = Family(
        19, "elimination",
        pilots: [64, 96, 128, 192, 256].map { [$0] },
        heldOut: [(.four, [406]), (.sixteen, [645]), (.sixtyFour, [1_024])]
    ) { sizes, dice in
        let size = sizes[0]
        var matrix = dice.doubles(size * size)
        for place in 0..<size { matrix[place * size + place] += Double(size) }
        let whole = matrix
        return {
            var matrix = whole
            for pivot in 0..<size {
                for row in (pivot + 1)..<max(pivot + 1, size) {
                    let factor = matrix[row * size + pivot] / matrix[pivot * size + pivot]
                    for column in pivot..<size {
                        matrix[row * size + column] -= factor * matrix[pivot * size + column]
                    }
                }
            }
            return matrix[matrix.count - 1].bitPattern
        }
    }
}

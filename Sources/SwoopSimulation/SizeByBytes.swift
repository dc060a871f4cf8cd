// A size of a run that follows from the bytes which it reads: how many elements a page has that
// the same plan makes, say.

import SwoopModel

/// One size of a function's runs by the bytes that they read.
struct SizeByBytes {
    /// Sizes that differ by less than this factor, as a share of the bytes read, count as
    /// proportional; those of runs that read the same, as the same.
    private static let tolerance = 1.25
    /// Bytes that differ by less than this share are the same.
    private static let same = 0.01
    /// From a run that reads so many times more or less nothing is concluded.
    private static let farthest = 4.0

    /// What runs read and the size that they had, by rising bytes; none where the size is another
    /// one for the same bytes.
    private let points: [(bytes: Double, size: Double)]
    /// nil: not proportional.
    private let perByte: Double?

    init(_ records: [RunRecord], _ size: (RunRecord) -> Double) {
        let all = records.map { (bytes: Double($0.bytesIn), size: size($0)) }
            .filter { $0.bytes > 0 && $0.size.isFinite }
            .ordered { ($0.bytes, $0.size) < ($1.bytes, $1.size) }
        var isOne = true
        for (one, next) in zip(all, all.dropFirst())
        where next.bytes == one.bytes && abs(next.size - one.size) >= 1 {
            isOne = isOne && next.size < one.size * Self.tolerance
        }
        points = isOne ? all : []
        let ratios = all.filter { $0.size > 0 }.map { $0.size / $0.bytes }.ordered()
        perByte =
            if let least = ratios.first, let most = ratios.last, most <= least * Self.tolerance {
                ratios[ratios.count / 2]
            } else {
                nil
            }
    }

    /// The size of a run that reads so many bytes; NaN where it does not follow.
    func size(bytesIn: Double) -> Double {
        guard bytesIn > 0 else { return .nan }
        let near = nearest(to: bytesIn)
        if let near, abs(near.bytes - bytesIn) <= Self.same * bytesIn { return near.size }
        if let perByte { return perByte * bytesIn }
        guard let near, near.bytes < bytesIn * Self.farthest, bytesIn < near.bytes * Self.farthest
        else { return .nan }
        return near.size * bytesIn / near.bytes
    }

    private func nearest(to bytes: Double) -> (bytes: Double, size: Double)? {
        var (low, high) = (0, points.count)
        while low < high {
            let middle = (low + high) / 2
            if points[middle].bytes < bytes { low = middle + 1 } else { high = middle }
        }
        guard low < points.count else { return points.last }
        guard low > 0 else { return points[0] }
        return bytes - points[low - 1].bytes < points[low].bytes - bytes
            ? points[low - 1] : points[low]
    }
}

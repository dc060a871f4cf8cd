// Arithmetic on sizes that somebody else gives: a user, a file, a message. Any number is possible
// there, so that no step may trap; sums and products that no Int holds stop at the largest one,
// and whoever compares them with what there is refuses them.

extension FixedWidthInteger {
    /// The sum, or the largest number (the smallest one) if it is beyond.
    @inlinable package func addingClamped(_ other: Self) -> Self {
        let (sum, isBeyond) = addingReportingOverflow(other)
        return isBeyond ? (other < 0 ? .min : .max) : sum
    }

    /// The product, or the largest number (the smallest one) if it is beyond.
    @inlinable package func multipliedClamped(by other: Self) -> Self {
        let (product, isBeyond) = multipliedReportingOverflow(by: other)
        return isBeyond ? ((self < 0) == (other < 0) ? .max : .min) : product
    }

    /// How many pieces of `size` hold this, which is not negative; `size` is positive.
    @inlinable package func pieces(of size: Self) -> Self {
        self / size + (self % size > 0 ? 1 : 0)
    }
}

extension Sequence where Element: FixedWidthInteger {
    /// The sum of numbers that are not negative, or the largest number if it is beyond.
    @inlinable package var clampedSum: Element { reduce(0) { $0.addingClamped($1) } }
}

/// Bounds of what messages may say of sizes: far beyond any machine, and so far below what an Int
/// holds that sums of a hundred thousand do not overflow.
package enum SizeBound {
    /// Bytes of an output or of a page, and elements in it: 64 TiB.
    package static let bytesMax: Int64 = 1 << 46
    /// Whether a message may say so of a size.
    @inlinable package static func holds(_ size: Int64) -> Bool { size >= 0 && size <= bytesMax }
}

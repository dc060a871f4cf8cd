// The number at a place of an order that is never made: what medians need.

extension [Double] {
    /// The number that would stand at an index if all were in order, which is then there: none
    /// before it is larger, and none behind it is smaller. None may be NaN.
    public mutating func _select(_ index: Int) -> Double {
        precondition(indices.contains(index), "An index is outside of the numbers.")
        return unsafe withUnsafeMutableBufferPointer { unsafe select(index, of: $0) }
    }
}

/// Divides the numbers around one of them, and goes on in the part that has the index (Hoare,
/// Algorithm 65: Find, 1961); a few are put in order.
private func select(
    _ index: Int, of numbers: UnsafeMutableBufferPointer<Double>
) -> Double {
    var low = 0
    var high = numbers.count - 1
    while high - low > 16 {
        let middle = unsafe (numbers[low], numbers[low + (high - low) / 2], numbers[high])
        let pivot = max(min(middle.0, middle.1), min(max(middle.0, middle.1), middle.2))
        let larger = unsafe divide(numbers, low...high) { $0 < pivot }
        if index < larger {
            high = larger - 1
        } else if larger > low {
            low = larger
        } else {
            // None is smaller, so that nothing is won yet; some are equal.
            low = unsafe divide(numbers, low...high) { $0 <= pivot }
            if index < low { return unsafe numbers[index] }
        }
    }
    var next = low + 1
    while next <= high {
        let number = unsafe numbers[next]
        var place = next
        while place > low, unsafe numbers[place - 1] > number {
            unsafe numbers[place] = numbers[place - 1]
            place -= 1
        }
        unsafe numbers[place] = number
        next += 1
    }
    return unsafe numbers[index]
}

/// Moves those that belong to the left there; where the others begin. Every number moves, so that
/// no branch depends on one: of numbers in no order each second one would be foreseen wrongly.
@inline(__always)
private func divide(
    _ numbers: UnsafeMutableBufferPointer<Double>, _ range: ClosedRange<Int>,
    _ belongsLeft: (Double) -> Bool
) -> Int {
    var left = range.lowerBound
    for index in range {
        let number = unsafe numbers[index]
        unsafe numbers[index] = numbers[left]
        unsafe numbers[left] = number
        // As an addition of 0 or 1 in one step; of a condition the compiler makes a branch.
        left &+= unsafe Int(truncatingIfNeeded: unsafeBitCast(belongsLeft(number), to: UInt8.self))
    }
    return left
}

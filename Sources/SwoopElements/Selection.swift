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
        var left = low
        var right = high
        while left <= right {
            while unsafe numbers[left] < pivot { left += 1 }
            while unsafe numbers[right] > pivot { right -= 1 }
            guard left <= right else { break }
            unsafe numbers.swapAt(left, right)
            left += 1
            right -= 1
        }
        if index <= right {
            high = right
        } else if index >= left {
            low = left
        } else {
            return unsafe numbers[index]
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

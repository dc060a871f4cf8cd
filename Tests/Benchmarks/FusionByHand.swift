// The loops by hand that the rows of `fusion` are compared with: each makes columns of its own in the
// worker, goes through them several times, and answers with the seconds of its best pass and with
// its result.

import Swoop

/// The best of some passes over `body`, in seconds, and its last result; not optimised itself, so
/// that no pass is left out.
@_optimize(none) private func best(_ body: () -> Double) -> [Double] {
    var best = Double.infinity
    var result = 0.0
    for _ in 0..<12 {
        let began = seconds()
        result = body()
        best = min(best, seconds() - began)
    }
    return [best, result]
}

@Remote func mapByHand(_ count: Int) -> [Double] {
    let levels = (0..<count).map(level)
    return best {
        var sum = 0.0
        for i in 0..<count { sum += levels[i] * levels[i] + 1 }
        return sum
    }
}

@Remote func filterByHand(_ count: Int) -> [Double] {
    let levels = (0..<count).map(level)
    return best {
        var sum = 0.0
        for i in 0..<count where levels[i] > 500 { sum += levels[i] }
        return sum
    }
}

@Remote func flatMapByHand(_ count: Int) -> [Double] {
    best {
        var sum = 0.0
        for i in 0..<count { for inner in i..<i + i % 12 { sum += Double(inner & 0xff) } }
        return sum
    }
}

@Remote func zipByHand(_ count: Int) -> [Double] {
    let levels = (0..<count).map(level)
    let others = (0..<count).map(otherLevel)
    return best {
        var sum = 0.0
        for i in 0..<count { sum += levels[i] * others[i] }
        return sum
    }
}

@Remote func enumeratedByHand(_ count: Int) -> [Double] {
    let levels = (0..<count).map(level)
    return best {
        var sum = 0.0
        for i in 0..<count { sum += Double(i & 0xff) * levels[i] }
        return sum
    }
}

@Remote func columnByHand(_ count: Int) -> [Double] {
    let amounts = (0..<count).map(amountPaid)
    return best {
        var sum = 0.0
        for i in 0..<count { sum += amounts[i] }
        return sum
    }
}

/// Groups by an open-addressing table, as one is written for keys of which nothing is known.
@Remote func groupedByHand(_ count: Int) -> [Double] {
    let shops = (0..<count).map(shopNumber)
    let amounts = (0..<count).map(amountPaid)
    return best {
        var slots = [Int32](repeating: -1, count: 32_768)
        var keys: [Int] = []
        var sums: [Double] = []
        for i in 0..<count {
            let shop = shops[i]
            var slot = Int((UInt(bitPattern: shop) &* 0x9e37_79b9_7f4a_7c15) >> 49)
            while slots[slot] >= 0, keys[Int(slots[slot])] != shop { slot = (slot + 1) & 32_767 }
            if slots[slot] < 0 {
                slots[slot] = Int32(keys.count)
                keys.append(shop)
                sums.append(0)
            }
            sums[Int(slots[slot])] += amounts[i]
        }
        return sums.reduce(0, +)
    }
}

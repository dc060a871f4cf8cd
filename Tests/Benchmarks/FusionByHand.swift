// The loops by hand that the rows of `fusion` are compared with: each makes columns of its own in
// the worker, goes through them several times, and answers with the seconds of its best pass and
// with its result.

import Glibc
import Swoop

/// The seconds of a pass over `body`, of the best of some plans' worth of them, and its result.
///
/// Each pass begins its sum with a zero that only the clock knows, and all sums count, so that no
/// pass is left out.
private func best(_ body: (_ zero: Double) -> Double) -> [Double] {
    var best = Double.infinity
    var sums = 0.0
    for _ in 0..<3 {
        let began = seconds()
        for _ in 0..<FusionRows.passes { sums += body(seconds() < 0 ? 1 : 0) }
        best = min(best, (seconds() - began) / Double(FusionRows.passes))
    }
    return [best, sums / Double(3 * FusionRows.passes)]
}

@Remote func mapByHand(_ count: Int) -> [Double] {
    let levels = (0..<count).map(level)
    return best { zero in
        var sum = zero
        for i in 0..<count { sum += levels[i] * levels[i] + 1 }
        return sum
    }
}

@Remote func integersByHand(_ count: Int) -> [Double] {
    let whole = (0..<count).map(madeWhole)
    return best { zero in
        var sum = Int(zero)
        for i in 0..<count { sum += whole[i] }
        return Double(sum)
    }
}

@Remote func integerRangeByHand(_ count: Int) -> [Double] {
    best { zero in
        var sum = Int(zero)
        for i in 0..<count { sum += i ^ 5 }
        return Double(sum)
    }
}

@Remote func integersGroupedByHand(_ count: Int) -> [Double] {
    let whole = (0..<count).map(madeWhole)
    return best { zero in
        var sums = [Int](repeating: Int(zero), count: 1_024)
        for i in 0..<count { sums[whole[i] & 1_023] += whole[i] }
        return Double(sums.reduce(0, +))
    }
}

@Remote func filterByHand(_ count: Int) -> [Double] {
    let levels = (0..<count).map(level)
    return best { zero in
        var sum = zero
        for i in 0..<count where levels[i] > 500 { sum += levels[i] }
        return sum
    }
}

@Remote func flatMapByHand(_ count: Int) -> [Double] {
    best { zero in
        var sum = zero
        for i in 0..<count { for inner in i..<i + i % 12 { sum += Double(inner & 0xff) } }
        return sum
    }
}

@Remote func zipByHand(_ count: Int) -> [Double] {
    let levels = (0..<count).map(level)
    let others = (0..<count).map(otherLevel)
    return best { zero in
        var sum = zero
        for i in 0..<count { sum += levels[i] * others[i] }
        return sum
    }
}

@Remote func enumeratedByHand(_ count: Int) -> [Double] {
    let levels = (0..<count).map(level)
    return best { zero in
        var sum = zero
        for i in 0..<count { sum += Double(i & 0xff) * levels[i] }
        return sum
    }
}

@Remote func columnByHand(_ count: Int) -> [Double] {
    let amounts = (0..<count).map(amountPaid)
    return best { zero in
        var sum = zero
        for i in 0..<count { sum += amounts[i] }
        return sum
    }
}

/// Groups by an open-addressing table, as one is written for keys of which nothing is known.
@Remote func groupedByHand(_ count: Int) -> [Double] {
    let shops = (0..<count).map(shopNumber)
    let amounts = (0..<count).map(amountPaid)
    return best { zero in
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
        return sums.reduce(zero, +)
    }
}

/// The same for keys of text, which lie end to end.
@Remote func groupedTextByHand(_ count: Int) -> [Double] {
    var texts: [UInt8] = []
    var ends = [0]
    for i in 0..<count {
        texts += customerName(i).utf8
        ends.append(texts.count)
    }
    let amounts = (0..<count).map(amountPaid)
    return best { zero in
        var slots = [Int32](repeating: -1, count: 32_768)
        var keys: [Range<Int>] = []
        var sums: [Double] = []
        for i in 0..<count {
            let key = ends[i]..<ends[i + 1]
            var slot = unsafe texts.withUnsafeBytes { bytes in
                var hash: UInt64 = 0
                var place = key.lowerBound
                while place + 8 <= key.upperBound {
                    let word = unsafe bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                    hash = (hash ^ word) &* 0x9e37_79b9_7f4a_7c15
                    hash ^= hash >> 32
                    place += 8
                }
                while place < key.upperBound {
                    hash = (hash ^ UInt64(unsafe bytes[place])) &* 0x9e37_79b9_7f4a_7c15
                    place += 1
                }
                return Int(hash >> 49)
            }
            while slots[slot] >= 0 {
                let known = keys[Int(slots[slot])]
                let isSame = unsafe texts.withUnsafeBytes { bytes in
                    let base = bytes.baseAddress!
                    return unsafe known.count == key.count
                        && memcmp(base + known.lowerBound, base + key.lowerBound, key.count) == 0
                }
                if isSame { break }
                slot = (slot + 1) & 32_767
            }
            if slots[slot] < 0 {
                slots[slot] = Int32(keys.count)
                keys.append(key)
                sums.append(0)
            }
            sums[Int(slots[slot])] += amounts[i]
        }
        return sums.reduce(zero, +)
    }
}

// The file of the workload "big": lines of 100 bytes whose groups, order and joins are known by
// arithmetic, and the functions that read them.

import Glibc
import Swoop

/// What a file of so many lines holds.
struct BigLines {
    /// Bytes of a line, its end included.
    static let lineBytes = 100
    /// How many lines have the same account.
    static let linesOfAccount = 4
    /// Groups of the few.
    static let branches = 1_000

    let lines: Int

    /// Lines of about so many bytes.
    init(bytes: Int) {
        lines = max(1, bytes / Self.lineBytes / Self.linesOfAccount) * Self.linesOfAccount
    }

    /// Accounts that lines have; of the second file, every other one has a line.
    var accounts: Int { lines / Self.linesOfAccount }

    /// The account of a line, from 0 on.
    func account(of line: Int) -> Int { line % accounts }

    /// An amount of up to four digits.
    func amount(of line: Int) -> Int { line / accounts * 1_000 + account(of: line) % 1_000 }

    /// What the amounts of an account's lines are in all.
    static func total(of account: Int) -> Int {
        (0..<linesOfAccount).reduce(0) { $0 + $1 * 1_000 + account % 1_000 }
    }

    /// The rate that the second file has for every other account.
    static func rate(of account: Int) -> Int { account % 7 + 1 }

    /// Nine digits that stand for an account in files, in no order that anybody sees: 0 to 10^9
    /// onto itself, since the factor has no divisor in common with that.
    static func code(of account: Int) -> Int { account * 387_420_489 % 1_000_000_000 }

    /// The account of a code.
    static func account(ofCode code: Int) -> Int { code * 513_180_409 % 1_000_000_000 }

    // MARK: Writing

    private static let letters = Array(
        "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz".utf8)

    /// Writes the lines; answers with the sum of their `contentHash`es.
    func write(to path: String) throws -> UInt64 {
        var sum: UInt64 = 0
        try Self.write(to: path, count: lines) { line, bytes in
            let start = bytes.count
            var random = UInt64(line) &* 0x9e37_79b9_7f4a_7c15
            random = (random ^ random >> 31) &* 0xd6e8_feb8_6659_fd93
            random ^= random >> 32
            for place in 0..<10 {
                bytes.append(Self.letters[Int(random >> UInt64(place * 6) & 63)])
            }
            Self.append(Self.code(of: account(of: line)), 9, to: &bytes)
            Self.append(amount(of: line), 4, to: &bytes)
            Self.append(line, 10, to: &bytes)
            bytes.append(32)
            for place in 0..<(Self.lineBytes - 37) {
                bytes.append(Self.letters[(line + place) % 64])
            }
            sum &+= hash(unsafe bytes.span.bytes.extracting(start..<start + 99))
            bytes[start + 99] = 10
        }
        return sum
    }

    /// Writes the second file: code and rate of every other account.
    func writeRates(to path: String) throws {
        try Self.write(to: path, count: accounts / 2) { number, bytes in
            // In another order than the accounts of the lines.
            let account = (accounts / 2 - 1 - number) * 2
            bytes += Array("rate".utf8)
            Self.append(Self.code(of: account), 9, to: &bytes)
            Self.append(Self.rate(of: account), 4, to: &bytes)
            bytes += Array(" of the account\n".utf8)
        }
    }

    private static func append(_ number: Int, _ digits: Int, to bytes: inout [UInt8]) {
        bytes.append(32)
        let start = bytes.count
        bytes += repeatElement(48, count: digits)
        var rest = number
        for place in stride(from: start + digits - 1, through: start, by: -1) where rest > 0 {
            bytes[place] = 48 + UInt8(rest % 10)
            rest /= 10
        }
    }

    private static func write(
        to path: String, count: Int, _ append: (Int, inout [UInt8]) -> Void
    ) throws {
        guard let file = unsafe fopen("\(path).part", "w") else { throw WrongAnswer() }
        var bytes: [UInt8] = []
        for line in 0..<count {
            append(line, &bytes)
            if bytes.count > 4 << 20 || line == count - 1 {
                guard unsafe fwrite(bytes, 1, bytes.count, file) == bytes.count else {
                    _ = unsafe fclose(file)
                    throw WrongAnswer()
                }
                bytes.removeAll(keepingCapacity: true)
            }
        }
        guard unsafe fclose(file) == 0, unsafe rename("\(path).part", path) == 0 else {
            throw WrongAnswer()
        }
    }
}

/// A hash of all bytes of a line.
private func hash(_ bytes: RawSpan) -> UInt64 {
    var hash: UInt64 = 0x517c_c1b7_2722_0a95
    func add(_ word: UInt64) {
        hash = (hash ^ word) &* 0x9fb2_1c65_1e98_df25
        hash ^= hash >> 29
    }
    var offset = 0
    while offset + 8 <= bytes.byteCount {
        add(unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
        offset += 8
    }
    while offset < bytes.byteCount {
        add(UInt64(unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)))
        offset += 1
    }
    return hash ^ hash >> 32
}

// MARK: What tasks read

@Remote func bigKey(_ line: TextSlice) -> TextSlice { line[0..<10] }
@Remote func accountCode(_ line: TextSlice) -> TextSlice { line[11..<20] }
@Remote func branchCode(_ line: TextSlice) -> Int { (Int(line[21..<25]) ?? -1) % 1_000 }
@Remote func bigAmount(_ line: TextSlice) -> Int { Int(line[21..<25]) ?? -1 }

/// Whether the group of an account is what it must be.
@Remote func isRightAccount(_ group: Pair<String, Pair<Int, Int>>) -> Bool {
    guard let code = Int(group.first) else { return false }
    let account = BigLines.account(ofCode: code)
    return group.second.first == BigLines.linesOfAccount
        && group.second.second == BigLines.total(of: account)
}

/// A stretch of lines: whether they are in order, from which key to which, how many, and the sum of
/// their hashes.
@Record struct SortedStretch {
    var first: UInt64
    var last: UInt64
    var lines: Int
    var contents: UInt64
    var isOrdered: Bool

    static let none = SortedStretch(first: 0, last: 0, lines: 0, contents: 0, isOrdered: true)
}

@Remote func stretch(_ line: TextSlice) -> SortedStretch {
    // Sixty bits stand for ten letters, in their order.
    let key = (0..<10).reduce(UInt64(0)) { $0 << 6 | UInt64(letterPlace(line[$1])) }
    let contents = line.withSpan { hash(unsafe $0.bytes) }
    return SortedStretch(first: key, last: key, lines: 1, contents: contents, isOrdered: true)
}

private func letterPlace(_ letter: UInt8) -> UInt8 {
    switch letter {
    case 48...57: letter - 47
    case 65...90: letter - 54
    case 95: 37
    case 97...122: letter - 59
    default: 0
    }
}

@Remote func joinedStretches(_ left: SortedStretch, _ right: SortedStretch) -> SortedStretch {
    if left.lines == 0 { return right }
    if right.lines == 0 { return left }
    return SortedStretch(
        first: left.first, last: right.last, lines: left.lines + right.lines,
        contents: left.contents &+ right.contents,
        isOrdered: left.isOrdered && right.isOrdered && left.last <= right.first)
}

/// A line as a join carries it, whole.
@Record struct Booking {
    var account: Int
    var amount: Int
    var text: String
}

@Record struct AccountRate {
    var account: Int
    var rate: Int
}

@Remote func booking(_ line: TextSlice) -> Booking {
    Booking(
        account: Int(line[11..<20]) ?? -1, amount: Int(line[21..<25]) ?? -1,
        text: String(line[26..<99]))
}
@Remote func accountRate(_ line: TextSlice) -> AccountRate {
    AccountRate(account: Int(line[5..<14]) ?? -1, rate: Int(line[15..<19]) ?? -1)
}
@Remote func bookedAccount(_ booking: Booking) -> Int { booking.account }
@Remote func ratedAccount(_ rate: AccountRate) -> Int { rate.account }

/// The amount at its rate, with the length of the text that came along.
@Remote func charge(_ pair: Pair<Booking, AccountRate>) -> Int {
    pair.first.amount * pair.second.rate + pair.first.text.utf8.count
}

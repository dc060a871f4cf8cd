// The settings of a host by their names, as both forms of a list write them: `cores=8` on a command
// line, `cores: 8` in a file. Pure.

import SwoopLaunching
import SwoopModel

/// A setting that a host may have.
enum HostSetting: String, CaseIterable {
    case address
    case cores
    case memory
    case folder
    case spill
    case prolog
    case user
    case port
    case identity

    /// The names, for messages.
    static func names(and others: [String] = []) -> String {
        (others + allCases.map(\.rawValue)).joined(separator: ", ")
    }

    /// Puts a value into an entry; what is wrong with the value otherwise.
    func set(_ value: String, in host: inout HostEntry) -> String? {
        guard !value.isEmpty else { return "\(rawValue) has no value" }
        switch self {
        case .address:
            host.address = value
            return HostNames.objection(toAddress: value)
        case .cores:
            guard let cores = Int(value), cores > 0, cores <= Agreed.coresMax else {
                return "cores is \"\(value)\": write a number from 1 to \(Agreed.coresMax)"
            }
            host.cores = cores
        case .memory:
            guard let bytes = MemoryAmount.bytes(in: value) else {
                return "memory is \"\(value)\": write it as 4GiB, 500MiB or a number of bytes"
            }
            host.memoryBytes = bytes
        case .folder:
            guard HostNames.isFolder(value) else { return noFolder(value) }
            guard FolderFault.isSearchable(value) else {
                return FolderFault.unsearchable.words(of: value)
            }
            host.folder = value
        case .spill:
            guard HostNames.isFolder(value) else { return noFolder(value) }
            host.spillFolder = value
        case .prolog: host.prolog = value
        case .user:
            guard HostNames.isUser(value) else { return "\"\(value)\" cannot be a user's name" }
            host.user = value
        case .port:
            guard let port = Int(value), (1...65_535).contains(port) else {
                return "port is \"\(value)\": write a number from 1 to 65535"
            }
            host.port = port
        case .identity:
            guard HostNames.isPrintable(value) else {
                return "identity is no path of a file"
            }
            host.identity = value
        }
        return nil
    }

    private func noFolder(_ value: String) -> String {
        "\(rawValue) is \"\(value)\": write a path that begins with / or ~/"
    }
}

/// What may name a host, a user or a cluster: names become arguments of other programs.
enum HostNames {
    /// Why a text cannot be an address or an alias; nil when it can.
    static func objection(toAddress text: String) -> String? {
        let isFine = text.utf8.allSatisfy { byte in
            isLetterOrDigit(byte) || ".-_:%".utf8.contains(byte)
        }
        if isFine, !text.isEmpty, text.utf8.count <= 255, !text.hasPrefix("-") { return nil }
        return
            "\"\(text)\" cannot be a host: letters, digits and .-_ make a name, and - is not first"
    }

    static func isUser(_ text: String) -> Bool {
        let isFine = text.utf8.allSatisfy { isLetterOrDigit($0) || ".-_@\\+".utf8.contains($0) }
        return isFine && !text.isEmpty && text.utf8.count <= 64 && !text.hasPrefix("-")
    }

    /// True for a word that can name a cluster: a part of file names.
    static func isCluster(_ text: String) -> Bool {
        text.utf8.allSatisfy { isLetterOrDigit($0) || "-_".utf8.contains($0) }
            && (1...64).contains(text.utf8.count)
    }

    static func isFolder(_ text: String) -> Bool {
        (text.hasPrefix("/") || text.hasPrefix("~/")) && isPrintable(text)
    }

    static func isPrintable(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}

/// Amounts of memory as people write them.
enum MemoryAmount {
    private static let units: [(name: String, bytes: Int64)] = [
        ("kib", 1 << 10), ("mib", 1 << 20), ("gib", 1 << 30), ("tib", 1 << 40),
        ("kb", 1_000), ("mb", 1_000_000), ("gb", 1_000_000_000), ("tb", 1_000_000_000_000),
        ("b", 1), ("", 1),
    ]

    /// Bytes of `4GiB`, `1.5 GiB`, `500MB`, `1048576`; nil for anything else, and for none.
    static func bytes(in text: String) -> Int64? {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(number.count).drop { $0 == " " }.lowercased()
        guard let factor = units.first(where: { $0.name == unit })?.bytes,
            let amount = Double(String(number))
        else { return nil }
        let bytes = amount * Double(factor)
        guard bytes >= 1, bytes < 1e18 else { return nil }
        return Int64(bytes)
    }
}

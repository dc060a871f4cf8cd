// The lines of the user's SSH configuration and of the system's, in the order in which OpenSSH
// reads them. What applies to a host OpenSSH itself says; from here are only the words of a line.

import Glibc
import SwoopModel

/// Files of an SSH configuration.
struct SSHConfigurationFiles: Sendable {
    /// The user's home folder.
    let home: String
    /// Read instead of the user's configuration and the system's.
    let named: String?

    /// OpenSSH goes no deeper either.
    private static let depthMax = 16

    /// The words of every line with this keyword, whatever host it is for.
    func words(of keyword: String) -> [[String]] {
        if let named { return words(of: keyword, in: named, folder: "\(home)/.ssh", depth: 0) }
        return words(of: keyword, in: "\(home)/.ssh/config", folder: "\(home)/.ssh", depth: 0)
            + words(of: keyword, in: "/etc/ssh/ssh_config", folder: "/etc/ssh", depth: 0)
    }

    /// - Parameter folder: where the names of included files begin.
    private func words(
        of keyword: String, in path: String, folder: String, depth: Int
    ) -> [[String]] {
        guard depth <= Self.depthMax, let bytes = SmallFile.contents(at: path) else { return [] }
        var found: [[String]] = []
        for line in String(decoding: bytes, as: UTF8.self).pieces(at: "\n") {
            guard let line = SSHWords(line: line) else { continue }
            if line.keyword == keyword { found.append(line.words) }
            guard line.keyword == "include" else { continue }
            for pattern in line.words {
                let place =
                    pattern.hasPrefix("~/")
                    ? home + pattern.dropFirst()
                    : pattern.hasPrefix("/") ? pattern : "\(folder)/\(pattern)"
                for path in Self.matches(of: place) {
                    found += words(of: keyword, in: path, folder: folder, depth: depth + 1)
                }
            }
        }
        return found
    }

    private static func matches(of pattern: String) -> [String] {
        var result = unsafe glob_t()
        defer { unsafe globfree(&result) }
        guard unsafe glob(pattern, 0, nil, &result) == 0 else { return [] }
        return unsafe (0..<Int(result.gl_pathc)).compactMap { place in
            unsafe result.gl_pathv[place].map { unsafe String(cString: $0) }
        }
    }
}

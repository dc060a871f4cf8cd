// Turns offsets of this program into file and line, by the toolchain's or binutils' symbolizer:
// programs that are installed wherever Swift programs are built. Where neither is there, places
// stay unknown.

import Glibc
import SwoopModel

/// A place in somebody's source.
package struct SourcePlace: Equatable, Sendable {
    package var function: String
    package var file: String
    package var line: Int
}

/// Asks the symbolizer that is installed.
package enum Symbolizer {
    /// The places of offsets in this executable, inlined functions included, innermost first.
    package static func places(of offsets: [UInt64]) -> [SourcePlace] {
        for tool in ["llvm-symbolizer", "addr2line"] {
            guard let path = find(tool) else { continue }
            let places = run(path, isLLVM: tool == "llvm-symbolizer", offsets)
            if !places.isEmpty { return places }
        }
        return []
    }

    private static func find(_ tool: String) -> String? {
        let path = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? "/usr/bin:/bin"
        for folder in path.split(separator: ":") {
            let candidate = "\(folder)/\(tool)"
            if unsafe access(candidate, X_OK) == 0 { return candidate }
        }
        return nil
    }

    private static func run(_ path: String, isLLVM: Bool, _ offsets: [UInt64]) -> [SourcePlace] {
        guard let program = executablePath() else { return [] }
        // Return addresses point behind the call; the first one is the place itself.
        let addresses = offsets.enumerated().map { index, offset in
            "0x" + String(index == 0 ? offset : offset &- 1, radix: 16)
        }
        let options =
            isLLVM
            ? [
                "--obj=\(program)", "--output-style=GNU", "--inlines", "--functions=linkage",
                "--demangle",
            ]
            : ["-e", program, "-i", "-f", "-C"]
        var request = LaunchRequest(program: path, arguments: options + addresses)
        request.output = .piped
        guard let child = try? ChildProcess(starting: request) else { return [] }
        var output: [UInt8] = []
        while let pipe = child.standardOutput, !pipe.isEnded {
            var waited = pollfd(fd: pipe.descriptor, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&waited, 1, 10_000) > 0 else { break }
            output += pipe.read()
        }
        child.endNow()
        return parse(String(decoding: output, as: UTF8.self))
    }

    private static func executablePath() -> String? {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }

    /// Pairs of lines: a function, and `file:line` with or without a remark behind it.
    private static func parse(_ text: String) -> [SourcePlace] {
        let lines = text.pieces(at: "\n").map(String.init)
        return stride(from: 0, to: lines.count - 1, by: 2).map { index in
            let place = lines[index + 1].split(separator: " ").first.map(String.init) ?? ""
            let colon = place.lastIndex(of: ":") ?? place.endIndex
            let line = colon == place.endIndex ? 0 : Int(place[place.index(after: colon)...]) ?? 0
            return SourcePlace(
                function: lines[index], file: String(place[..<colon]), line: line)
        }
    }
}

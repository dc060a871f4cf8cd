// A word as a POSIX shell reads it, if it is one that the shell takes as it is: section 2.2 of the
// Shell Command Language, of which quotes and backslashes are all that is needed.

import Glibc

enum LiteralWord {
    /// The bytes that a shell makes of what is written; nil: it would do more with it, or see
    /// several words.
    static func value(of written: [UInt8]) -> [UInt8]? {
        var value: [UInt8] = []
        var isQuoted = false
        var rest = written[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "'") {
                isQuoted.toggle()
            } else if isQuoted {
                value.append(byte)
            } else if byte == UInt8(ascii: "\\") {
                // A line's end behind it would be left out.
                guard let next = rest.popFirst(), next != 0x0a else { return nil }
                value.append(next)
            } else if isPlain(byte) {
                value.append(byte)
            } else {
                return nil
            }
        }
        return isQuoted || written.isEmpty || value.contains(0) ? nil : value
    }

    /// What the system's shell makes of it: the word is printed as it arrives.
    static func asked(of written: [UInt8]) -> [UInt8]? {
        let command = Array("printf %s ".utf8) + written + [0]
        let stream = unsafe command.withUnsafeBytes { bytes in
            unsafe popen(bytes.bindMemory(to: CChar.self).baseAddress!, "r")
        }
        guard let stream = unsafe stream else { return nil }
        var printed: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = unsafe read(fileno(stream), &buffer, buffer.count)
            // libFuzzer's alarm comes at any time.
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            printed += buffer[..<count]
        }
        return unsafe pclose(stream) == 0 ? printed : nil
    }

    /// Printable, and none of what the standard says has to be quoted, or may have to be.
    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x21...0x7e).contains(byte) && !"|&;<>()$`\\\"'*?[#~%!{}^]".utf8.contains(byte)
    }
}

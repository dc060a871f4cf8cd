// The whole screen of a terminal, borrowed: the alternate screen without a cursor, keys as they are
// typed. What it shows is handed in as lines; how it looked before is restored at the end.

import Glibc

/// A terminal that shows one picture after the other.
final class TerminalScreen {
    private var before = termios()
    private var isEntered = false
    private var shown = ""
    private let readsKeys: Bool
    let isColoured: Bool

    /// Takes the screen over.
    init(isColoured: Bool) {
        self.isColoured = isColoured
        readsKeys = isatty(STDIN_FILENO) == 1
    }

    /// The descriptor on which keys arrive, where there is a keyboard.
    var keyboard: Int32? { readsKeys ? STDIN_FILENO : nil }

    /// Columns and rows; 80 by 24 where the terminal does not say.
    static var size: (width: Int, height: Int) {
        var size = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0,
            size.ws_row > 0
        else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Begins: what is on the screen is kept by the terminal until `leave`.
    func enter() {
        guard !isEntered else { return }
        isEntered = true
        shown = ""
        if readsKeys, unsafe tcgetattr(STDIN_FILENO, &before) == 0 {
            var now = before
            now.c_lflag &= ~tcflag_t(ICANON | ECHO)
            unsafe tcsetattr(STDIN_FILENO, TCSANOW, &now)
        }
        StandardOutput.write("\u{1b}[?1049h\u{1b}[?25l\u{1b}[2J")
    }

    /// Ends: the screen, the cursor and the keys are as they were.
    func leave() {
        guard isEntered else { return }
        isEntered = false
        StandardOutput.write("\u{1b}[?25h\u{1b}[?1049l")
        if readsKeys { unsafe tcsetattr(STDIN_FILENO, TCSANOW, &before) }
    }

    /// Shows these lines, at most as many as the screen has rows, none wider than it.
    ///
    /// Lines are overwritten in place and the rest is cleared behind them, in one write: nothing
    /// flickers.
    func show(_ lines: [StyledText], width: Int) {
        var text = "\u{1b}[H"
        for (index, line) in lines.enumerated() {
            if index > 0 { text += "\r\n" }
            text += line.terminalText(isColoured: isColoured)
            // Behind a full line the cursor still stands on its last column.
            if line.width < width { text += "\u{1b}[K" }
        }
        text += "\u{1b}[J"
        guard text != shown else { return }
        shown = text
        // Terminals that know it show all of it at once; the others ignore it.
        StandardOutput.write("\u{1b}[?2026h\(text)\u{1b}[?2026l")
    }

    /// What has to be drawn anew whatever was drawn before, as after a change of size.
    func forget() { shown = "" }

    /// The keys that were typed; nil when the keyboard is gone.
    func keys() -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = unsafe read(STDIN_FILENO, &bytes, bytes.count)
        if count < 0, errno == EINTR || errno == EAGAIN { return [] }
        return count > 0 ? Array(bytes[..<count]) : nil
    }
}

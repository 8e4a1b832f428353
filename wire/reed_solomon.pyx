# distutils: extra_compile_args = -O2
# cython: boundscheck=False, wraparound=False, cdivision=True
"""Reed-Solomon codes of CCSDS 131.0 over GF(2^8), field polynomial x^8+x^7+x^2+x+1.

The generator's roots are powers of beta = alpha^11, itself primitive: logarithms to the base beta make them consecutive, beta^112 to
beta^143. The encoder is a shift register of 32 octets in four words; one row of a table holds what an octet fed back adds to it. Both
bases have such a table, since the change of basis is linear. A codeword without errors is recognised by encoding it again; only
the difference of the check symbols goes through syndromes, Berlekamp and Massey, Chien and Forney.
Bounds are not checked: indices are octets or loop limits of these sizes.
"""

from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memcpy, memset

# The dual-basis symbols of alpha^7 down to alpha^0 (CCSDS 131.0, annex on the Berlekamp representation, matrix T).
cdef uint8_t DUAL_OF_POWER[8]
DUAL_OF_POWER[:] = [0x8D, 0xEF, 0xEC, 0x86, 0xFA, 0x99, 0xAF, 0x7B]

cdef uint8_t EXP[512]               # beta^i
cdef uint8_t LOG[256]               # of 0: not used
cdef uint8_t TO_DUAL[256]
cdef uint8_t FROM_DUAL[256]
cdef uint64_t FEEDBACK[2][2][256][4]   # [32 or 16 check symbols][conventional or dual][octet fed back]
cdef uint8_t TIMES_ROOT[32][256]    # products with beta^(112+j)


cdef uint8_t times(uint8_t a, uint8_t b) noexcept nogil:
    if a == 0 or b == 0:
        return 0
    return EXP[LOG[a] + LOG[b]]


cdef void build_field() noexcept:
    cdef unsigned int alpha[255]
    cdef unsigned int value = 1
    cdef int i
    for i in range(255):
        alpha[i] = value
        value <<= 1
        if value & 0x100:
            value ^= 0x187
    for i in range(512):
        EXP[i] = <uint8_t>alpha[11 * i % 255]
    for i in range(255):
        LOG[EXP[i]] = <uint8_t>i


cdef void build_bases() noexcept:
    """TO_DUAL from its matrix, and the inverse by looking back."""
    cdef int symbol, k
    cdef unsigned int dual, folded
    for symbol in range(256):
        dual = 0
        for k in range(8):
            if symbol >> (7 - k) & 1:
                dual ^= DUAL_OF_POWER[k]
        TO_DUAL[symbol] = <uint8_t>dual
        FROM_DUAL[dual] = <uint8_t>symbol


cdef void build_feedback(int code, int checks) noexcept:
    """Rows of the product of an octet with the generator polynomial, highest degree first, for both bases."""
    cdef uint8_t generator[33]      # generator[i] belongs to x^i
    cdef uint8_t conventional, product
    cdef int i, j, octet, basis
    memset(generator, 0, 33)
    generator[0] = 1
    for j in range(checks):
        for i in range(j + 1, 0, -1):
            generator[i] = generator[i - 1] ^ times(generator[i], EXP[(128 - checks // 2 + j) % 255])
        generator[0] = times(generator[0], EXP[(128 - checks // 2 + j) % 255])
    for basis in range(2):
        for octet in range(256):
            conventional = FROM_DUAL[octet] if basis else <uint8_t>octet
            for i in range(checks):
                product = times(conventional, generator[checks - 1 - i])
                FEEDBACK[code][basis][octet][i >> 3] |= <uint64_t>(TO_DUAL[product] if basis else product) << (8 * (i & 7))


cdef void build_roots() noexcept:
    cdef int j, symbol
    for j in range(32):
        for symbol in range(256):
            TIMES_ROOT[j][symbol] = times(<uint8_t>symbol, EXP[112 + j])


build_field()
build_bases()
build_feedback(0, 32)
build_feedback(1, 16)
build_roots()


cdef void divide(const uint8_t* data, int n, int stride, uint64_t (*rows)[4], uint64_t* register) noexcept nogil:
    """Run n symbols, `stride` octets apart, through the register: it then holds the check symbols, the first in the lowest octet."""
    cdef uint64_t a = 0, b = 0, c = 0, d = 0
    cdef const uint64_t* row
    cdef int i
    for i in range(n):
        row = rows[<uint8_t>a ^ data[0]]
        a = (a >> 8 | b << 56) ^ row[0]
        b = (b >> 8 | c << 56) ^ row[1]
        c = (c >> 8 | d << 56) ^ row[2]
        d = (d >> 8) ^ row[3]
        data += stride
    register[0] = a
    register[1] = b
    register[2] = c
    register[3] = d


cdef inline uint8_t octet_of(const uint64_t* register, int i) noexcept nogil:
    return <uint8_t>(register[i >> 3] >> (8 * (i & 7)))


cdef void rs_encode(const uint8_t* data, uint8_t* parity, bint dual) noexcept nogil:
    cdef uint64_t register[4]
    cdef int i
    divide(data, RS_DATA, 1, FEEDBACK[0][dual], register)
    for i in range(RS_PARITY):
        parity[i] = octet_of(register, i)


cdef void rs_encode_interleaved(const uint8_t* frame, uint8_t* codeblock, int depth, bint dual) noexcept nogil:
    cdef uint64_t register[4]
    cdef int lane, i
    memcpy(codeblock, frame, RS_DATA * depth)
    for lane in range(depth):
        divide(frame + lane, RS_DATA, depth, FEEDBACK[0][dual], register)
        for i in range(RS_PARITY):
            codeblock[(RS_DATA + i) * depth + lane] = octet_of(register, i)


cdef bint find_syndromes(const uint8_t* remainder, uint8_t* syndromes) noexcept nogil:
    """The remainder (32 conventional symbols, highest degree first) at every root. False when all are zero."""
    cdef int i, j
    cdef uint8_t any_set = 0
    memset(syndromes, 0, RS_PARITY)
    for i in range(RS_PARITY):
        for j in range(RS_PARITY):
            syndromes[j] = TIMES_ROOT[j][syndromes[j]] ^ remainder[i]
    for j in range(RS_PARITY):
        any_set |= syndromes[j]
    return any_set != 0


cdef int find_locator(const uint8_t* syndromes, uint8_t* locator) noexcept nogil:
    """Berlekamp and Massey: the error locator polynomial (33 coefficients, constant first) and its degree, or -1 above 16."""
    cdef uint8_t previous[33]
    cdef uint8_t kept[33]
    cdef int length = 0, shift = 1, n, i
    cdef uint8_t discrepancy, last = 1, factor
    memset(locator, 0, 33)
    memset(previous, 0, 33)
    locator[0] = previous[0] = 1
    for n in range(RS_PARITY):
        discrepancy = syndromes[n]
        for i in range(1, length + 1):
            discrepancy ^= times(locator[i], syndromes[n - i])
        if discrepancy == 0:
            shift += 1
            continue
        factor = EXP[LOG[discrepancy] + 255 - LOG[last]]
        memcpy(kept, locator, 33)
        for i in range(33 - shift):
            locator[i + shift] ^= times(factor, previous[i])
        if 2 * length <= n:
            length = n + 1 - length
            memcpy(previous, kept, 33)
            last = discrepancy
            shift = 1
        else:
            shift += 1
    return length if length <= RS_PARITY // 2 else -1


cdef int find_positions(const uint8_t* locator, int degree, int* powers) noexcept nogil:
    """Chien's search: the powers of x that are in error, and how many were found."""
    cdef int found = 0, power, i
    cdef uint8_t value
    cdef int exponent[17]           # logarithm of each term, as it moves
    cdef int terms[17]
    cdef int used = 0
    for i in range(1, degree + 1):
        if locator[i]:
            terms[used] = i
            exponent[used] = LOG[locator[i]]
            used += 1
    for power in range(RS_BLOCK):
        value = 1
        for i in range(used):
            value ^= EXP[exponent[i]]
            exponent[i] -= terms[i]
            if exponent[i] < 0:
                exponent[i] += 255
        if value == 0:
            if found == degree:
                return found + 1
            powers[found] = power
            found += 1
    return found


cdef uint8_t find_value(const uint8_t* syndromes, const uint8_t* locator, int degree, int power) noexcept nogil:
    """Forney: what was added to the symbol at x^power."""
    cdef uint8_t evaluator = 0, derivative = 0, coefficient
    cdef int inverse = (255 - power) % 255, i, k
    for i in range(degree):
        coefficient = 0
        for k in range(i + 1):
            coefficient ^= times(locator[k], syndromes[i - k])
        evaluator ^= times(coefficient, EXP[i * inverse % 255])
    for i in range(1, degree + 1, 2):
        derivative ^= times(locator[i], EXP[(i - 1) * inverse % 255])
    if evaluator == 0 or derivative == 0:
        return 0
    return EXP[(LOG[evaluator] + 255 - LOG[derivative] + 111 * inverse) % 255]      # X^(1 - 112)


cdef int correct(uint8_t* block, int stride, const uint64_t* register, bint dual) noexcept nogil:
    """Correct a codeword whose check symbols differ from those in the register."""
    cdef uint8_t remainder[32]
    cdef uint8_t syndromes[32]
    cdef uint8_t locator[33]
    cdef uint8_t values[16]
    cdef int powers[17]
    cdef int degree, i
    cdef uint8_t symbol
    for i in range(RS_PARITY):
        symbol = octet_of(register, i) ^ block[(RS_DATA + i) * stride]
        remainder[i] = FROM_DUAL[symbol] if dual else symbol
    if not find_syndromes(remainder, syndromes):
        return 0
    degree = find_locator(syndromes, locator)
    if degree <= 0 or find_positions(locator, degree, powers) != degree:
        return -1
    for i in range(degree):
        values[i] = find_value(syndromes, locator, degree, powers[i])
        if values[i] == 0:
            return -1
    for i in range(degree):
        block[(RS_BLOCK - 1 - powers[i]) * stride] ^= TO_DUAL[values[i]] if dual else values[i]
    return degree


cdef int decode_lane(uint8_t* block, int stride, bint dual) noexcept nogil:
    cdef uint64_t register[4]
    cdef int i
    divide(block, RS_DATA, stride, FEEDBACK[0][dual], register)
    for i in range(RS_PARITY):
        if octet_of(register, i) != block[(RS_DATA + i) * stride]:
            return correct(block, stride, register, dual)
    return 0


cdef int rs_decode(uint8_t* block, bint dual) noexcept nogil:
    return decode_lane(block, 1, dual)


cdef int rs_decode_interleaved(uint8_t* codeblock, int depth, bint dual) noexcept nogil:
    cdef int lane, corrected, total = 0
    for lane in range(depth):
        corrected = decode_lane(codeblock + lane, depth, dual)
        if corrected < 0:
            return -1
        total += corrected
    return total


def bases() -> tuple[bytes, bytes]:
    """The change of basis as tables: conventional to dual, dual to conventional."""
    return bytes(<bytes>(<char*>TO_DUAL)[:256]), bytes(<bytes>(<char*>FROM_DUAL)[:256])


def encode(const unsigned char[::1] message not None, bint dual=True, int check_symbols=32) -> bytes:
    """Check symbols of one codeword. A shorter message stands behind virtual fill of zeros; 16 check symbols are the E = 8 code."""
    if check_symbols not in (32, 16):
        raise ValueError(f"{check_symbols} check symbols: CCSDS 131.0 has 32 and 16")
    if not 0 < message.shape[0] <= RS_BLOCK - check_symbols:
        raise ValueError(f"a message of {message.shape[0]} symbols does not fit RS(255,{RS_BLOCK - check_symbols})")
    cdef uint64_t register[4]
    divide(&message[0], <int>message.shape[0], 1, FEEDBACK[check_symbols == 16][dual], register)
    return bytes([octet_of(register, i) for i in range(check_symbols)])


def decode(const unsigned char[::1] block not None, bint dual=True) -> tuple[bytes, int]:
    """One codeword of 255 symbols, corrected, and how many symbols that took, or -1."""
    return decode_block(block, 1, dual)


def encode_block(const unsigned char[::1] frame not None, int depth=5, bint dual=True) -> bytes:
    """The codeblock of a frame of 223 `depth` octets."""
    check_shape(frame.shape[0], RS_DATA, depth)
    codeblock = bytearray(RS_BLOCK * depth)
    cdef unsigned char[::1] out = codeblock
    with nogil:
        rs_encode_interleaved(&frame[0], &out[0], depth, dual)
    return bytes(codeblock)


def decode_block(const unsigned char[::1] codeblock not None, int depth=5, bint dual=True) -> tuple[bytes, int]:
    """The codeblock of 255 `depth` octets, corrected, and how many symbols that took, or -1."""
    check_shape(codeblock.shape[0], RS_BLOCK, depth)
    corrected = bytearray(codeblock)
    cdef unsigned char[::1] out = corrected
    cdef int count
    with nogil:
        count = rs_decode_interleaved(&out[0], depth, dual)
    return bytes(corrected), count


def check_shape(Py_ssize_t octets, int symbols, int depth) -> None:
    if not 1 <= depth <= RS_MAX_INTERLEAVE:
        raise ValueError(f"interleaving depth {depth} is not 1 to {RS_MAX_INTERLEAVE}")
    if octets != symbols * depth:
        raise ValueError(f"{octets} octets, where depth {depth} needs {symbols * depth}")

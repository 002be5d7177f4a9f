/** Words of many languages and scripts: enough for texts that look like texts, and mean nothing. */
import type { Random } from './random.ts'

/** Everyday words; `|` parts them. Languages written without spaces are joined without them. */
const wordsOf: Readonly<Record<string, string>> = {
  en: 'the|a|and|today|we|are|still|at home|waiting|for|good|news|this|morning|coffee|with|my|friends|people|who|think|it is|over|should|stay|inside|work|from|love|you|all|so much|never|again|look|at|that|sky|week|again',
  es: 'el|la|y|hoy|estamos|en casa|esperando|buenas|noticias|esta|mañana|café|con|mis|amigos|gente|que|piensa|ya|pasó|nunca|más|corazón|semana|otra vez|qué|día|años|también|niños|así',
  pt: 'o|a|e|hoje|estamos|em casa|esperando|boas|notícias|esta|manhã|café|com|meus|amigos|gente|que|acha|já|passou|nunca|mais|coração|semana|de novo|não|então|você|também|irmão|saudade',
  fr: 'le|la|et|aujourd’hui|nous|sommes|chez nous|bonne|nouvelle|ce|matin|café|avec|mes|amis|les gens|qui|pensent|déjà|fini|jamais|encore|cœur|semaine|été|où|ça|être|garçon',
  it: 'il|la|e|oggi|siamo|a casa|aspettando|buone|notizie|questa|mattina|caffè|con|gli|amici|gente|che|pensa|già|finito|mai|più|cuore|settimana|perché|città|così',
  de: 'der|die|und|heute|sind|wir|zu Hause|warten|auf|gute|Nachrichten|Morgen|Kaffee|mit|Freunden|Leute|die|denken|schon|vorbei|nie|wieder|Herz|Woche|schön|über|Straße|grüßen',
  nl: 'de|het|en|vandaag|zijn|we|thuis|wachten|op|goed|nieuws|ochtend|koffie|met|vrienden|mensen|die|denken|voorbij|nooit|meer|hart|week|één|geïnteresseerd',
  tr: 'İstanbul|bugün|evde|bekliyoruz|güzel|haber|sabah|kahve|arkadaşlar|insanlar|düşünüyor|geçti|bir daha|asla|kalp|hafta|İyi|günler|şimdi|çocuk|ığdır|öğle|İzmir',
  in: 'hari ini|kita|masih|di rumah|menunggu|kabar|baik|pagi|kopi|dengan|teman|orang|yang|pikir|sudah|selesai|tidak|lagi|hati|minggu|banget|sama|aja|gak',
  tl: 'ngayon|nasa bahay|pa rin|kami|naghihintay|ng|magandang|balita|umaga|kape|kasama|mga|kaibigan|tao|akala|tapos na|hindi|puso|linggo|talaga|sana|lang',
  pl: 'dziś|jesteśmy|w domu|czekamy|na|dobre|wieści|rano|kawa|z|przyjaciółmi|ludzie|którzy|myślą|już|koniec|nigdy|więcej|serce|tydzień|źle|łódź|żółty',
  ja: '今日|は|家|で|良い|ニュース|を|待って|いる|朝|の|コーヒー|友だち|と|人|が|思う|もう|終わった|また|空|見て|ください|一週間|ありがとう|すごい|ですね',
  ko: '오늘|우리는|집에서|좋은|소식을|기다리고|있어요|아침|커피|친구들과|사람들이|생각해요|벌써|끝났다고|다시는|마음|한주|하늘|정말|감사합니다',
  zh: '今天|我們|在家|等|好|消息|早上|咖啡|和|朋友|人們|覺得|已經|結束|再也|不|心|一週|天空|看|真的|谢谢|大家',
  ar: 'اليوم|نحن|في|البيت|ننتظر|أخبار|جيدة|صباح|قهوة|مع|الأصدقاء|الناس|الذين|يظنون|انتهى|أبدا|قلب|أسبوع|السماء|شكرا|جدا',
  fa: 'امروز|ما|در|خانه|منتظر|خبر|خوب|صبح|قهوه|با|دوستان|مردم|فکر|می‌کنند|تمام|شد|هرگز|دل|هفته|آسمان',
  ur: 'آج|ہم|گھر|میں|اچھی|خبر|کا|انتظار|صبح|چائے|دوستوں|کے|ساتھ|لوگ|سوچتے|ہیں|کبھی|نہیں|دل|ہفتہ',
  hi: 'आज|हम|घर|पर|अच्छी|खबर|का|इंतज़ार|सुबह|चाय|दोस्तों|के|साथ|लोग|सोचते|हैं|कभी|नहीं|दिल|हफ्ता|धन्यवाद',
  th: 'วันนี้|เรา|อยู่|บ้าน|รอ|ข่าว|ดี|เช้า|กาแฟ|กับ|เพื่อน|คน|คิด|ว่า|จบ|แล้ว|ไม่|อีก|หัวใจ|สัปดาห์|ฟ้า',
  ru: 'сегодня|мы|дома|ждём|хороших|новостей|утро|кофе|с|друзьями|люди|которые|думают|уже|всё|никогда|больше|сердце|неделя|небо|спасибо',
  uk: 'сьогодні|ми|вдома|чекаємо|добрих|новин|ранок|кава|з|друзями|люди|які|думають|вже|ніколи|більше|серце|тиждень|їжак|ґанок',
  el: 'σήμερα|είμαστε|σπίτι|περιμένουμε|καλά|νέα|πρωί|καφές|με|φίλους|άνθρωποι|που|νομίζουν|ποτέ|ξανά|καρδιά|εβδομάδα|ΟΔΟΣ',
  iw: 'היום|אנחנו|בבית|מחכים|לחדשות|טובות|בוקר|קפה|עם|חברים|אנשים|שחושבים|כבר|נגמר|לעולם|לא|לב|שבוע',
  ta: 'இன்று|நாங்கள்|வீட்டில்|நல்ல|செய்தி|காலை|காபி|நண்பர்கள்|மக்கள்|நினைக்கிறார்கள்|மீண்டும்|இதயம்|வாரம்',
  bn: 'আজ|আমরা|বাড়িতে|ভালো|খবরের|অপেক্ষায়|সকাল|চা|বন্ধুদের|সাথে|মানুষ|ভাবে|কখনো|না|হৃদয়|সপ্তাহ',
  am: 'ዛሬ|ቤት|ነን|ጥሩ|ዜና|ጠዋት|ቡና|ከጓደኞች|ጋር|ሰዎች|ልብ|ሳምንት',
  ka: 'დღეს|სახლში|ვართ|კარგი|ამბავი|დილა|ყავა|მეგობრები|ხალხი|გული|კვირა',
  hy: 'այսօր|տանը|ենք|լավ|լուր|առավոտ|սուրճ|ընկերներ|մարդիկ|սիրտ|շաբաթ',
  und: 'haha|lol|ok|😂😂😂|❤️|yes!!|...|👀|jajaja|kkkk|wow|🙏🏽|☕|www|5555|:)|<3|hmm',
}

/** Languages without words of their own borrow those of one that is near, or at least of its script. */
// biome-ignore format: one entry a line would hide the table
const borrows: Readonly<Record<string, string>> = {
  ca: 'es', eu: 'es', ht: 'fr', ro: 'it', cs: 'pl', sl: 'pl', hu: 'pl', lt: 'pl', lv: 'pl', et: 'nl', fi: 'nl',
  sv: 'de', da: 'de', no: 'de', is: 'de', cy: 'en', vi: 'in', sr: 'ru', bg: 'ru', mr: 'hi', ne: 'hi', ckb: 'ar',
  ps: 'ur', sd: 'ur', ug: 'ar', lo: 'th', te: 'ta', kn: 'ta', ml: 'ta', si: 'ta', gu: 'bn', or: 'bn', pa: 'hi',
  my: 'th', km: 'th', dv: 'ar', bo: 'hi',
}

const withoutSpaces: ReadonlySet<string> = new Set(['ja', 'zh', 'th', 'lo', 'km', 'my'])

const lists: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(wordsOf).map(([language, words]) => [language, words.split('|')]),
)

/** What stands between the words of a language. */
function gapOf(language: string): string {
  return withoutSpaces.has(language) ? '' : ' '
}

/** Words that make at least `charactersLeast` characters (UTF-16 code units), and few more. */
export function wordsIn(language: string, charactersLeast: number, random: Random): string {
  const list = lists.get(language) ?? lists.get(borrows[language] ?? 'en') ?? []
  const gap = gapOf(language)
  let text = random.pick(list)
  while (text.length < charactersLeast) text += gap + random.pick(list)
  return text
}

// Line icons on a 20-unit grid, drawn for this page.

const PATHS = {
  search: 'M9 15a6 6 0 1 1 0-12 6 6 0 0 1 0 12zm4.5-1.5L17.5 17.5',
  close: 'M5 5l10 10M15 5L5 15',
  back: 'M12 4l-6 6 6 6',
  plus: 'M10 4v12M4 10h12',
  minus: 'M4 10h12',
  home: 'M4 4h4M4 4v4M16 4h-4M16 4v4M4 16h4M4 16v-4M16 16h-4M16 16v-4M8 8h4v4H8z',
  polygon: 'M4 14L7 5l8 1 2 7-7 4z',
  circle: 'M10 3.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM10 10l4.6-4.6',
  edit: 'M4 16l1-4 8-8 3 3-8 8z',
  target: 'M10 2v4M10 14v4M2 10h4M14 10h4M10 6.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7z',
  next: 'M8 4l6 6-6 6',
  document: 'M5 2.5h7l3 3v12H5zM8 9h4M8 12h4',
  down: 'M4 7l6 6 6-6',
  upload: 'M10 12V3M6 6.5l4-4 4 4M4 16.5h12',
  share: 'M10 12V3M6.5 6L10 2.5 13.5 6M6.5 9H4.5v8h11V9h-2',
  legend: 'M3.5 5h3v3h-3zM3.5 12h3v3h-3zM9.5 6.5h7M9.5 13.5h7',
  download: 'M10 3v9M6 8.5l4 4 4-4M4 16.5h12',
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
